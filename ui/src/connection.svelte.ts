// Whether what the page shows is current.

import type { Line } from './api/stream';
import { urge } from './api/urge';

class Connection {
  line = $state<Line>('connecting');
  /** How many places of the page say already that the server is in trouble. */
  told = $state(0);
  /** When a lost connection is tried again by itself. */
  next = $state<number>();

  constructor() {
    urge.onNext = (at) => (this.next = at);
  }

  /** Tries it now. */
  again(): void {
    urge.now();
  }
}

export const connection = new Connection();
