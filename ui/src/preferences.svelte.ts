// What this person chose, kept in this browser.

const KEY = 'tiphys';

interface Choices {
  theme: 'system' | 'light' | 'dark';
  density: 'comfortable' | 'compact';
  /** Where times are shown: of this machine or the world's. */
  zone: 'local' | 'utc';
  /** Whether moments are told from now on, or as they were (UI-034); the other is on hover. */
  times: 'relative' | 'exact';
  /** Whether letters alone are keys: those who speak to their machine do not want them (WCAG 2.1.4). */
  letterKeys: 'on' | 'off';
  /** How much of a run's width its panel has, in percent. */
  panelShare: number;
  /** Empty: all. */
  namespace: string;
  wrap: boolean;
  timestamps: boolean;
  /** Whether graphs are laid out from left to right. */
  graphAcross: boolean;
  /** What is shown of log lines that are JSON; empty: all. */
  logFields: string[];
  /** Advice that is not wanted any more. */
  hintsOff: string[];
  views: { name: string; query: string }[];
  /** Names of runs that were looked for, the last first. */
  recentNames: string[];
}

const FIRST: Choices = {
  theme: 'system',
  density: 'comfortable',
  zone: 'local',
  times: 'relative',
  letterKeys: 'on',
  panelShare: 42,
  namespace: '',
  wrap: true,
  timestamps: false,
  graphAcross: false,
  logFields: [],
  hintsOff: [],
  views: [],
  recentNames: [],
};

function read(): Choices {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Choices>;
    // Only what is known: earlier pages kept values here that do not belong on a disk.
    const known = Object.entries(kept).filter(([key]) => key in FIRST);
    return { ...FIRST, ...(Object.fromEntries(known) as Partial<Choices>) };
  } catch {
    return { ...FIRST };
  }
}

export const preferences = $state<Choices>(read());

/** Keeps choices and shows them on the page from now on. */
export function applyPreferences(): void {
  $effect(() => {
    const text = JSON.stringify(preferences);
    try {
      localStorage.setItem(KEY, text);
    } catch {
      // A browser that keeps nothing still shows everything.
    }
    const root = document.documentElement;
    if (preferences.theme === 'system') delete root.dataset['theme'];
    else root.dataset['theme'] = preferences.theme;
    root.dataset['density'] = preferences.density;
  });
}
