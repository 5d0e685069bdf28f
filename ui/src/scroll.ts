// How far pages were scrolled, so that Back leads to what was seen there. Pages grow while answers come, which is why the
// browser alone cannot do it.

const KEY = 'tiphys-scroll';
/** Steps of the history that are remembered. */
const STEPS_MAX = 200;
/** So long a page may take to be as long as it was. */
const GROW_MS = 10_000;
/** What somebody does who wants to be elsewhere. */
const OWN_WILL = ['wheel', 'touchstart', 'keydown', 'pointerdown'] as const;

interface Scrolls {
  /** A new step of the history has begun. */
  left(): void;
  /** An old step of the history is there again. */
  back(): void;
}

type Places = Record<string, number>;

function read(): Places {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? '{}') as Places;
  } catch {
    return {};
  }
}

/** The name of the step of the history that is shown. */
function step(): string {
  const { state } = history as { state: { step?: string } | null };
  if (state?.step) return state.step;
  const name = `${Date.now().toString(36)}${Math.random().toString(36).slice(2, 6)}`;
  history.replaceState({ ...state, step: name }, '');
  return name;
}

export function keepScroll(): Scrolls {
  const places = read();
  let here = step();
  let callOff = () => {};
  history.scrollRestoration = 'manual';

  const note = () => {
    delete places[here];
    places[here] = window.scrollY;
    const [oldest, ...others] = Object.keys(places);
    if (oldest && others.length >= STEPS_MAX) delete places[oldest];
  };
  const restore = () => {
    callOff();
    const wanted = places[here] ?? 0;
    const reach = () => {
      window.scrollTo(0, wanted);
      if (Math.abs(window.scrollY - wanted) < 2) callOff();
    };
    // What is too short yet is watched until it is long enough.
    const growth = new ResizeObserver(reach);
    const timer = setTimeout(() => callOff(), GROW_MS);
    callOff = () => {
      growth.disconnect();
      clearTimeout(timer);
      for (const event of OWN_WILL) window.removeEventListener(event, callOff);
      callOff = () => {};
      isOnTheWay = false;
    };
    for (const event of OWN_WILL) window.addEventListener(event, callOff, { passive: true });
    isOnTheWay = true;
    growth.observe(document.body);
  };
  /** What is seen meanwhile is not where somebody went. */
  let isOnTheWay = false;

  window.addEventListener('scroll', () => !isOnTheWay && note(), { passive: true });
  window.addEventListener('pagehide', () => {
    try {
      sessionStorage.setItem(KEY, JSON.stringify(places));
    } catch {
      // Where nothing is kept, pages begin at their top.
    }
  });
  if (places[here]) restore();
  return {
    left() {
      callOff();
      here = step();
    },
    back() {
      here = step();
      restore();
    },
  };
}
