// Whether what the page shows is current.

import type { Line } from './api/stream';

class Connection {
  line = $state<Line>('connecting');
  /** How many places of the page say already that the server is in trouble. */
  told = $state(0);
}

export const connection = new Connection();
