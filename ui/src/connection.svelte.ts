// Whether what the page shows is current.

import type { Line } from './api/stream';

class Connection {
  line = $state<Line>('connecting');
}

export const connection = new Connection();
