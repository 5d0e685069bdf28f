// Focus is never lost: when what had it goes away, what stood beside it gets it, so that keys go on where they were.

/** What takes keys without typing into it: a field would open the keyboard of a phone. */
const TAKERS = 'a[href], button:not(:disabled), summary, [role="application"], [role="tree"], [role="listbox"], [role="tab"][tabindex="0"]';
const OVERLAYS = '[role="dialog"], [role="alertdialog"], [role="menu"]';

/** Something that had the focus: what it was in, from the inside out, and at which place. */
type Trail = { within: Element; at: number }[];

function trailOf(element: Element): Trail {
  const trail: Trail = [];
  for (let each = element; each.parentElement; each = each.parentElement)
    trail.push({ within: each.parentElement, at: [...each.parentElement.children].indexOf(each) });
  return trail;
}

const isSeen = (element: HTMLElement): boolean => element.getClientRects().length > 0 && !element.closest('[inert]');

function takerIn(element: Element | undefined, last: boolean): HTMLElement | undefined {
  if (!element) return undefined;
  const all = [element, ...element.querySelectorAll(TAKERS)].filter(
    (each): each is HTMLElement => each instanceof HTMLElement && each.matches(TAKERS) && isSeen(each),
  );
  return last ? all.at(-1) : all[0];
}

/** The nearest that is still there: what came after it, or what stood before it, in the innermost of what is left. */
function nearest(trail: Trail, home: HTMLElement): HTMLElement {
  for (const { within, at } of trail) {
    if (!within.isConnected || !home.contains(within)) continue;
    const parts = [...within.children];
    for (const part of parts.slice(at)) {
      const taker = takerIn(part, false);
      if (taker) return taker;
    }
    for (const part of parts.slice(0, at).reverse()) {
      const taker = takerIn(part, true);
      if (taker) return taker;
    }
  }
  return home;
}

/** Keeps the focus within a part of the page that stays; the answer ends it. */
export function keepFocus(home: HTMLElement): () => void {
  let held: { element: HTMLElement; trail: Trail } | undefined;
  const came = ({ target }: FocusEvent) => {
    // What is above the page goes away as it came: then the focus belongs where it was before.
    if (!(target instanceof HTMLElement) || target.closest(OVERLAYS)) return;
    held = home.contains(target) ? { element: target, trail: trailOf(target) } : undefined;
  };
  const left = ({ target, relatedTarget }: FocusEvent) => {
    if (relatedTarget || target !== held?.element) return;
    const gone = held;
    // Who clicks beside everything wants nothing to have it; what was taken away did not ask.
    setTimeout(() => {
      if (held === gone && gone?.element.isConnected && document.activeElement === document.body && document.hasFocus()) held = undefined;
    });
  };
  const look = () => {
    if (!held || held.element.isConnected) return;
    const now = document.activeElement;
    if ((now && now !== document.body) || document.querySelector(OVERLAYS)) return;
    nearest(held.trail, home).focus({ preventScroll: true });
  };
  const watch = new MutationObserver(look);
  watch.observe(document.body, { childList: true, subtree: true });
  document.addEventListener('focusin', came);
  document.addEventListener('focusout', left);
  return () => {
    watch.disconnect();
    document.removeEventListener('focusin', came);
    document.removeEventListener('focusout', left);
  };
}
