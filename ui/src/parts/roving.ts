// Many links that are one stop of the Tab key: arrow keys lead from one to the next.

const STEPS: Record<string, (at: number, last: number) => number> = {
  ArrowRight: (at, last) => Math.min(last, at + 1),
  ArrowLeft: (at) => Math.max(0, at - 1),
  Home: () => 0,
  End: (_, last) => last,
};

/** Moves the focus among the links of the element that listens. */
export function rove(event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
  const links = [...(event.currentTarget as Element).querySelectorAll('a')];
  const at = links.indexOf(document.activeElement as HTMLAnchorElement);
  const to = STEPS[event.key]?.(at, links.length - 1);
  if (at < 0 || to === undefined) return;
  event.preventDefault();
  event.stopPropagation();
  links[to]?.focus();
}
