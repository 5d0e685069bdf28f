// Who is here and which part of the server they look at.

import { getInfo, getUser, getVersion, type Info } from './api/argo';
import * as own from './api/own';
import { preferences } from './preferences.svelte';

class Session {
  info = $state.raw<Info>({});
  /** The release of Argo whose interface the server speaks. */
  version = $state('');
  /** The server's own release; empty where it is none of ours. */
  release = $state('');
  user = $state('');
  groups = $state.raw<string[]>([]);
  namespaces = $state.raw<string[]>([]);

  /** The namespace that lists show; empty: all. A managed one cannot be left (UI-024). */
  get namespace(): string {
    return this.info.managedNamespace ?? preferences.namespace;
  }

  /** Where new things are put. */
  get target(): string {
    return this.namespace || 'default';
  }

  async load(): Promise<void> {
    const [info, version, user, namespaces] = await Promise.allSettled([
      getInfo(),
      getVersion(),
      getUser(),
      own.namespaces(),
    ]);
    if (info.status === 'fulfilled') this.info = info.value ?? {};
    if (version.status === 'fulfilled') {
      this.version = version.value.version;
      this.release = /^tiphys-(.*)/.exec(version.value.goVersion ?? '')?.[1] ?? '';
    }
    if (user.status === 'fulfilled') {
      this.user = user.value.name ?? user.value.subject ?? user.value.serviceAccountName ?? '';
      this.groups = [...(user.value.groups ?? [])].sort();
    }
    if (namespaces.status === 'fulfilled') this.see(namespaces.value.items);
  }

  /** Remembers namespaces that were met, for the choice. */
  see(found: Iterable<string>): void {
    const all = new Set(this.namespaces);
    for (const namespace of found) if (namespace) all.add(namespace);
    if (all.size > this.namespaces.length) this.namespaces = [...all].sort();
  }
}

export const session = new Session();
