// Which page an address means, and how to get to another one. Addresses have no hash and work under any sub-path.

import { keepScroll } from './scroll';

export type PageName =
  | 'home'
  | 'runs'
  | 'run'
  | 'pipelines'
  | 'pipeline'
  | 'logs'
  | 'compare'
  | 'schedules'
  | 'inbox'
  | 'approvals'
  | 'locks'
  | 'new'
  | 'settings'
  | 'widgets'
  | 'badge'
  | 'picture'
  | 'login'
  | 'missing';

export interface Place {
  page: PageName;
  params: Record<string, string>;
  query: URLSearchParams;
  /** Below the base, without a slash in front. */
  path: string;
}

/** First match wins. Argo's own addresses stay good (UI-002 to UI-012). Each page's file begins with its addresses. */
export const PAGES: [string, PageName][] = [
  ['', 'home'],
  ['runs', 'runs'],
  ['runs/:namespace', 'runs'],
  ['runs/:namespace/:name', 'run'],
  ['workflows', 'runs'],
  ['workflows/:namespace', 'runs'],
  ['workflows/:namespace/:name', 'run'],
  ['timeline', 'runs'],
  ['archived-workflows', 'runs'],
  ['pipelines', 'pipelines'],
  ['pipelines/:kind/:namespace/:name', 'pipeline'],
  ['reports', 'pipelines'],
  ['reports/:namespace', 'pipelines'],
  ['workflow-templates', 'pipelines'],
  ['workflow-templates/:namespace', 'pipelines'],
  ['workflow-templates/:namespace/:name', 'pipeline'],
  ['cluster-workflow-templates', 'pipelines'],
  ['cluster-workflow-templates/:name', 'pipeline'],
  ['cron-workflows', 'schedules'],
  ['cron-workflows/:namespace', 'schedules'],
  ['cron-workflows/:namespace/:name', 'pipeline'],
  ['logs/:namespace/:name', 'logs'],
  ['compare', 'compare'],
  ['schedules', 'schedules'],
  ['inbox', 'inbox'],
  ['inbox/:id', 'inbox'],
  ['event-flow', 'inbox'],
  ['event-flow/:namespace', 'inbox'],
  ['event-sources', 'inbox'],
  ['event-sources/:namespace', 'inbox'],
  ['event-sources/:namespace/:name', 'inbox'],
  ['sensors', 'inbox'],
  ['sensors/:namespace', 'inbox'],
  ['sensors/:namespace/:name', 'inbox'],
  ['workflow-event-bindings', 'inbox'],
  ['workflow-event-bindings/:namespace', 'inbox'],
  ['approvals', 'approvals'],
  ['locks', 'locks'],
  ['new', 'new'],
  ['settings', 'settings'],
  ['userinfo', 'settings'],
  ['apidocs', 'settings'],
  ['help', 'settings'],
  ['plugins', 'settings'],
  ['plugins/:namespace', 'settings'],
  ['widgets', 'widgets'],
  ['widgets/workflow-graphs/:namespace', 'picture'],
  ['widgets/workflow-status-badges/:namespace', 'badge'],
  ['login', 'login'],
];

/** Kinds that old addresses imply. */
const KINDS: Record<string, string> = {
  'workflow-templates': 'WorkflowTemplate',
  'cluster-workflow-templates': 'ClusterWorkflowTemplate',
  'cron-workflows': 'CronWorkflow',
};

const partsOf = (path: string): string[] => path.split('/').filter((part, index, all) => part !== '' || index < all.length - 1);

/** Finds the page of a path below the base. */
export function resolve(path: string, search = ''): Place {
  const given = partsOf(path);
  const query = translated(new URLSearchParams(search), given);
  const template = given[0] === 'workflows' && query.get('sidePanel') === 'submit-new-workflow' && query.get('template');
  if (template) {
    const params = { kind: 'WorkflowTemplate', namespace: given[1] ?? 'default', name: template };
    return { page: 'pipeline', params, query, path };
  }
  for (const [pattern, page] of PAGES) {
    const params = match(pattern === '' ? [] : pattern.split('/'), given);
    if (!params) continue;
    const kind = KINDS[given[0] ?? ''];
    if (kind) params['kind'] ??= kind;
    // The logs of a whole run are a page.
    if (page === 'run' && query.get('sidePanel') === 'logs') return { page: 'logs', params, query, path };
    return { page, params, query, path };
  }
  return { page: 'missing', params: {}, query, path };
}

/** What Argo's side panels show of a node, as our tabs. */
const PANELS: Record<string, string> = { logs: 'logs', yaml: 'manifest', events: 'journal' };

/** What Argo's tabs show of a whole run, as our tabs of its first step. */
const WHOLE: Record<string, string> = { summary: 'summary', events: 'journal' };

/** A query in the words of Argo's pages in ours (UI-002, UI-003); what is ours already stays. */
function translated(query: URLSearchParams, [place, , name]: string[]): URLSearchParams {
  const rename = (from: string, to: string) => {
    const value = query.get(from);
    if (value && !query.has(to)) query.set(to, value);
    query.delete(from);
  };
  rename('nodeId', 'node');
  for (const how of ['Contains', 'Prefix', 'Exact', 'NotEquals']) {
    if (query.get(how) && how !== 'Contains') query.set('match', how);
    rename(how, 'search');
  }
  rename('createdAfter', 'since');
  rename('finishedBefore', 'until');
  if (query.get('tab') === 'timeline') {
    query.delete('tab');
    if (!query.has('view')) query.set('view', 'timeline');
  }
  const [panel = '', node, container] = (query.get('sidePanel') ?? '').split(':');
  if (PANELS[panel] && node) {
    query.set('node', node);
    query.set('tab', PANELS[panel]);
    if (container && container !== 'main') query.set('container', container);
    query.delete('sidePanel');
  } else if (panel === 'resubmit' || panel === 'retry') rename('sidePanel', 'act');
  else if (panel === 'share') query.delete('sidePanel');
  const whole = place === 'workflows' && name && !query.has('node') ? WHOLE[query.get('tab') ?? ''] : undefined;
  if (whole && name) {
    query.set('node', decode(name));
    query.set('tab', whole);
  }
  return query;
}

function match(pattern: string[], given: string[]): Record<string, string> | undefined {
  if (pattern.length !== given.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of pattern.entries()) {
    const text = given[index] ?? '';
    if (part.startsWith(':')) params[part.slice(1)] = decode(text);
    else if (part !== text) return undefined;
  }
  return params;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const base = (): string => new URL(document.baseURI).pathname;

function below(): string {
  const path = location.pathname;
  return path.startsWith(base()) ? path.slice(base().length) : path.replace(/^\//, '');
}

/** What a page shows: the same page of another thing is another one. */
export const thingOf = ({ page, params }: Place): string => [page, ...Object.values(params)].join('/');

class Router {
  place = $state.raw<Place>({ page: 'home', params: {}, query: new URLSearchParams(), path: '' });
  #left = () => {};

  start(): void {
    const read = () => {
      this.place = resolve(below(), location.search);
    };
    read();
    const scrolls = keepScroll();
    this.#left = scrolls.left;
    window.addEventListener('popstate', () => {
      read();
      scrolls.back();
    });
    document.addEventListener('click', (event) => this.#clicked(event));
  }

  /** The complete address of a path below the base. */
  href(path: string): string {
    return base() + path;
  }

  go(path: string, how: 'push' | 'replace' = 'push'): void {
    const url = new URL(path, document.baseURI);
    if (how === 'replace' || url.href === location.href) history.replaceState(history.state, '', url);
    else {
      history.pushState(null, '', url);
      this.#left();
    }
    const last = this.place;
    this.place = resolve(below(), location.search);
    if (thingOf(last) !== thingOf(this.place)) window.scrollTo(0, 0);
  }

  /** Changes parts of the query; `undefined` and the empty text remove a key. */
  set(changes: Record<string, string | undefined>, how: 'push' | 'replace' = 'replace'): void {
    // What was asked for in Argo's words is changed in ours.
    const query = translated(new URLSearchParams(location.search), partsOf(below()));
    for (const [key, value] of Object.entries(changes)) {
      if (value === undefined || value === '') query.delete(key);
      else query.set(key, value);
    }
    const text = query.toString();
    this.go(below() + (text ? `?${text}` : ''), how);
  }

  #clicked(event: MouseEvent): void {
    if (
      event.defaultPrevented ||
      event.button !== 0 ||
      event.metaKey ||
      event.ctrlKey ||
      event.shiftKey ||
      event.altKey
    )
      return;
    const link = (event.target as Element | null)?.closest?.('a');
    if (!link || link.target || link.hasAttribute('download') || !link.href) return;
    const url = new URL(link.href);
    if (url.origin !== location.origin || !url.pathname.startsWith(base())) return;
    const path = url.pathname.slice(base().length);
    if (/^(api|artifacts|artifact-files|input-artifacts|metrics)(\/|$)/.test(path)) return;
    event.preventDefault();
    this.go(path + url.search);
  }
}

export const router = new Router();

const join = (...parts: string[]): string => parts.map(encodeURIComponent).join('/');

/** Addresses of things. */
export const to = {
  home: (): string => router.href(''),
  page: (name: PageName): string => router.href(name === 'home' ? '' : name),
  run: (namespace: string, name: string, query: Record<string, string | undefined> = {}): string => {
    const text = new URLSearchParams(
      Object.entries(query).filter((pair): pair is [string, string] => Boolean(pair[1])),
    ).toString();
    return router.href(`runs/${join(namespace, name)}${text ? `?${text}` : ''}`);
  },
  runs: (query: Record<string, string>): string => router.href(`runs?${new URLSearchParams(query)}`),
  pipeline: (kind: string, namespace: string, name: string): string =>
    router.href(`pipelines/${join(kind, namespace || '-', name)}`),
  /** Where something that is kept is changed. */
  edit: (of: { kind: string; namespace: string; name: string }, side = ''): string => {
    const query = new URLSearchParams({ edit: `${of.kind}/${of.namespace || '-'}/${of.name}`, ...(side && { side }) });
    return router.href(`new?${query}`);
  },
  logs: (namespace: string, name: string, node?: string): string =>
    router.href(`logs/${join(namespace, name)}${node ? `?node=${encodeURIComponent(node)}` : ''}`),
};
