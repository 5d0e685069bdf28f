import { untrack } from 'svelte';
import { connection } from '../connection.svelte';
import { tellLines } from '../logs/beside';
import { RunStore } from './store.svelte';

/** The run that a page is about, followed for as long as the page is there; its logs come on the same stream. */
export function liveRun(namespace: string, name: string, uid?: string): RunStore {
  const store = new RunStore(namespace, name, uid);
  tellLines(store);
  $effect(() => {
    untrack(() => store.start());
    return () => store.stop();
  });
  $effect(() => {
    connection.line = store.line;
  });
  return store;
}
