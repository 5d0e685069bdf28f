// Selectors of labels, in the words of Kubernetes: taken apart for the eye, and compared with what a row carries.

/** The terms of a selector; commas within parentheses belong to a term. */
export function termsOf(selector: string): string[] {
  return (selector.match(/(?:[^,(]|\([^)]*\)?)+/g) ?? []).map((term) => term.trim()).filter(Boolean);
}

/** Whether labels are as a selector wants them; a term that is none holds for nothing. */
export function fitsLabels(selector: string, labels: Record<string, string>): boolean {
  return termsOf(selector).every((term) => fitsTerm(term, labels));
}

function fitsTerm(term: string, labels: Record<string, string>): boolean {
  const set = /^(\S+)\s+(not)?in\s*\((.*)\)$/.exec(term);
  if (set) {
    const [, key = '', not, list = ''] = set;
    const isIn = list.split(',').some((value) => value.trim() === labels[key]);
    return isIn !== Boolean(not);
  }
  const compared = /^([^=!]+?)\s*(!=|==?)\s*(.*)$/.exec(term);
  if (compared) {
    const [, key = '', sign, value] = compared;
    return (labels[key] === value) === (sign !== '!=');
  }
  const [, not, key = ''] = /^(!?)\s*(.*)$/.exec(term) ?? [];
  return key in labels !== Boolean(not);
}
