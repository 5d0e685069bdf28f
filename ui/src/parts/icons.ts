// Pictures of actions and pages.

import type { Verb } from '../runs';

/** Drawn on a grid of 16 with round lines. */
export const PATHS = {
  home: 'M2.5 7.5 8 3l5.5 4.5M4 6.5V13h8V6.5',
  runs: 'M3 4h10M3 8h10M3 12h6',
  pipelines:
    'M4 3v10M4 5.5h4.5a2 2 0 0 1 2 2v1M4 3m-1.2 0a1.2 1.2 0 1 0 2.4 0a1.2 1.2 0 1 0-2.4 0M4 13m-1.2 0a1.2 1.2 0 1 0 2.4 0a1.2 1.2 0 1 0-2.4 0M10.5 10m-1.4 0a1.4 1.4 0 1 0 2.8 0a1.4 1.4 0 1 0-2.8 0',
  schedules: 'M8 2.5a5.5 5.5 0 1 1 0 11a5.5 5.5 0 1 1 0-11M8 5v3.2l2.2 1.6',
  approvals: 'M8 2.5a2.5 2.5 0 1 1 0 5a2.5 2.5 0 1 1 0-5M3 13.5c.4-2.6 2.3-4 5-4M10 12l1.4 1.5L14 10.5',
  inbox: 'M2.5 9 4.5 3h7l2 6v4h-11zM2.5 9h3l1 1.7h3l1-1.7h3',
  locks: 'M4 7.5h8v6H4zM5.5 7.5V5.4a2.5 2.5 0 0 1 5 0v2.1',
  compare: 'M5.5 2.5v11M10.5 2.5v11M5.5 5H2.5M5.5 8H2.5M13.5 8h-3M13.5 11h-3',
  new: 'M8 3v10M3 8h10',
  settings:
    'M3 4.5h6M12 4.5h1M3 11.5h1M7 11.5h6M10.5 4.5m-1.5 0a1.5 1.5 0 1 0 3 0a1.5 1.5 0 1 0-3 0M5.5 11.5m-1.5 0a1.5 1.5 0 1 0 3 0a1.5 1.5 0 1 0-3 0',
  find: 'M7 2.5a4.5 4.5 0 1 1 0 9a4.5 4.5 0 1 1 0-9M10.3 10.3l3.2 3.2',
  menu: 'M2.5 4.5h11M2.5 8h11M2.5 11.5h11',
  close: 'M4 4l8 8M12 4l-8 8',
  more: 'M3.5 8h.01M8 8h.01M12.5 8h.01',
  right: 'M6 3.5 10.5 8 6 12.5',
  down: 'M3.5 6 8 10.5 12.5 6',
  up: 'M3.5 10 8 5.5l4.5 4.5',
  left: 'M10 3.5 5.5 8 10 12.5',
  play: 'M5 3.2v9.6L12.5 8z',
  pause: 'M5.5 3.5v9M10.5 3.5v9',
  stop: 'M4 4h8v8H4z',
  bin: 'M3 4.5h10M6.5 4.5v-2h3v2M4.5 4.5l.7 9h5.6l.7-9',
  download: 'M8 2.5v7.5M5 7l3 3 3-3M3 13.5h10',
  copy: 'M6 6h7v7.5H6zM10 6V2.5H3V10h3',
  fit: 'M2.5 5.5v-3h3M10.5 2.5h3v3M13.5 10.5v3h-3M5.5 13.5h-3v-3',
  plus: 'M8 3.5v9M3.5 8h9',
  minus: 'M3.5 8h9',
  turn: 'M3 6.5h7.5a2.5 2.5 0 0 1 2.5 2.5v4M5.5 4 3 6.5 5.5 9',
  heat: 'M8 13.5c-2.6 0-4.2-1.7-4.2-4C3.8 6.8 7 5.7 6.6 2.5c2.7 1.2 5.6 4 5.6 7 0 2.3-1.6 4-4.2 4z',
  across: 'M2.5 6h3.5v4H2.5zM10 2.5h3.5v4H10zM10 9.5h3.5v4H10zM6 8h2M10 4.5H9a1 1 0 0 0-1 1v5a1 1 0 0 0 1 1h1',
  path: 'M3 3.5h3v3H3zM10 9.5h3v3h-3zM6 5h3a2 2 0 0 1 2 2v2.5',
  share: 'M6.5 9.5l3-3M7 4.5l1.3-1.3a2.9 2.9 0 0 1 4.2 4.1L11 8.8M9 11.5l-1.3 1.3a2.9 2.9 0 0 1-4.2-4.1L5 7.2',
  wrap: 'M2.5 4h11M2.5 8h8.7a2 2 0 0 1 0 4.2H8M9.7 10.4 8 12.2 9.7 14',
  follow: 'M8 2.5v8M4.5 7 8 10.5 11.5 7M3 13.5h10',
  folder: 'M2.5 4h4l1.2 1.5h5.8v7h-11z',
  alert: 'M8 3 14 13H2zM8 6.8v2.8M8 11.4h.01',
  help: 'M2.5 3.5h11v7.5H8l-3 2.5V11H2.5zM6.6 6.1a1.5 1.5 0 1 1 2.2 1.3c-.5.3-.8.5-.8 1M8 9.4h.01',
  check: 'M3 8.5 6.5 12 13 4.5',
  pin: 'M4 2.5h8v11L8 10.5l-4 3z',
} as const;
export type IconName = keyof typeof PATHS;

/** What is done to a run. */
export const VERB_ICONS: Record<Verb, IconName> = {
  suspend: 'pause',
  resume: 'play',
  stop: 'stop',
  terminate: 'close',
  retry: 'turn',
  resubmit: 'copy',
  delete: 'bin',
};
