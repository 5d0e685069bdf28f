// The colours of the page as they are now, for what is drawn and not styled.

/** Reads colours by the names of their tokens. */
export function coloursOf<T extends string>(names: readonly T[]): Record<T, string> {
  const probe = document.createElement('span');
  probe.hidden = true;
  // Where a system forces its colours on pages all tokens would be one, and what is drawn could not be seen.
  probe.style.setProperty('forced-color-adjust', 'none');
  document.body.append(probe);
  const read = (name: T): [T, string] => {
    probe.style.color = `var(--${name})`;
    return [name, getComputedStyle(probe).color];
  };
  const found = Object.fromEntries(names.map(read)) as Record<T, string>;
  probe.remove();
  return found;
}

/** The font of the page. */
export const fontOfPage = (): string => getComputedStyle(document.documentElement).getPropertyValue('--font');

/** Calls now and whenever the colours change; the answer ends it. */
export function onColours(tell: () => void): () => void {
  tell();
  const dark = matchMedia('(prefers-color-scheme: dark)');
  dark.addEventListener('change', tell);
  const watch = new MutationObserver(tell);
  watch.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
  return () => {
    dark.removeEventListener('change', tell);
    watch.disconnect();
  };
}
