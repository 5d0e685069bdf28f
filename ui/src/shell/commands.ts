// What can be done from the palette beside going somewhere: to the run or pipeline at hand, and to the pages themselves.

import { actOn, runPipeline } from '../actions';
import type { PipelineKind } from '../api/argo';
import type { Workflow } from '../api/types';
import { copyText } from '../clipboard';
import { signOut } from '../leave';
import { type IconName, VERB_ICONS } from '../parts/icons';
import type { Look } from '../phase';
import { preferences } from '../preferences.svelte';
import { type Place, router, to } from '../router.svelte';
import { allowed, rowOf, type Verb } from '../runs';
import { session } from '../session.svelte';
import { text } from '../text';

export interface Entry {
  key: string;
  label: string;
  note?: string;
  icon?: IconName;
  look?: Look;
  act: () => void;
}

const words = text.run;

/** What can be done to the run at hand now, and where it can be looked at. */
export function ofRun(run: Workflow): Entry[] {
  const row = rowOf(run);
  const may = allowed(row);
  const after = (verb: Verb) => () => {
    if (verb === 'delete') router.go('runs');
  };
  const verbs = (Object.keys(VERB_ICONS) as Verb[]).filter((verb) => may[verb]);
  return [
    ...verbs.map((verb) => ({
      key: `act-${verb}`,
      label: `${text.act[verb]} ${row.name}`,
      icon: VERB_ICONS[verb],
      act: () => actOn(row, verb, run, after(verb)),
    })),
    ...(['graph', 'timeline', 'tree'] as const).map((view) => ({
      key: `view-${view}`,
      label: words[view],
      icon: 'pipelines' as const,
      act: () => router.set({ view }, 'push'),
    })),
    { key: 'details', label: words.details, icon: 'menu', act: () => router.set({ node: row.name }, 'push') },
    { key: 'logs', label: words.logs, icon: 'runs', act: () => router.go(to.logs(row.namespace, row.name)) },
    {
      key: 'compare',
      label: words.compare,
      icon: 'compare',
      act: () => router.go(`compare?a=${encodeURIComponent(`${row.namespace}/${row.name}`)}`),
    },
    { key: 'share', label: words.share, icon: 'share', act: () => void copyText(location.href) },
  ];
}

/** What can be done with the pipeline at hand. */
export function ofPipeline({ params }: Place): Entry[] {
  const { kind = '', namespace = '', name = '' } = params;
  const pipeline = { kind: kind as PipelineKind, namespace, name };
  return [
    { key: 'run', label: `${text.act.run} ${name}`, icon: 'play', act: () => void runPipeline(pipeline) },
    { key: 'edit', label: text.new.editing(name), icon: 'settings', act: () => router.go(to.edit(pipeline)) },
    {
      key: 'all-runs',
      label: `${text.pipeline.allRuns}: ${name}`,
      icon: 'runs',
      act: () => router.go(to.runs({ pipeline: `${kind}/${name}` })),
    },
  ];
}

const CHOICES = [
  ['theme', text.settings.theme, text.settings.themes],
  ['density', text.settings.density, text.settings.densities],
  ['zone', text.settings.zone, text.settings.zones],
  ['letterKeys', text.settings.letterKeys, text.settings.onOff],
] as const;

/** What holds for all pages; what is chosen already is not offered. */
export function ofPages(openKeys: () => void): Entry[] {
  const choices = CHOICES.flatMap(([name, title, options]) =>
    Object.entries(options)
      .filter(([value]) => preferences[name] !== value)
      .map(([value, shown]) => ({
        key: `${name}-${value}`,
        label: `${title}: ${shown}`,
        icon: 'settings' as const,
        act: () => Object.assign(preferences, { [name]: value }),
      })),
  );
  return [
    { key: 'keys', label: text.keys.title, icon: 'help', act: openKeys },
    ...choices,
    ...(session.user ? [{ key: 'sign-out', label: text.login.out, icon: 'left' as const, act: () => void signOut() }] : []),
  ];
}
