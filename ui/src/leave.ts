// Signing out: what this browser knows of somebody goes with them.

import { either } from './api/client';
import * as own from './api/own';
import { forgetTyped } from './lastused';
import { router } from './router.svelte';

export async function signOut(): Promise<void> {
  await either('session', own.logout, async () => {
    document.cookie = 'authorization=; path=/; max-age=0; SameSite=Strict';
  }).catch(() => {});
  forgetTyped();
  router.go('login');
}
