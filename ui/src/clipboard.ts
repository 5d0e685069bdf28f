// What is copied for somebody, and what came of it.

import { notices } from './notices.svelte';
import { text } from './text';

/** Puts a text on the clipboard and says so; whether it is there. */
export async function copyText(value: string): Promise<boolean> {
  const copied = (await copyByBrowser(value)) || copyBySelection(value);
  if (copied) notices.tell({ kind: 'good', text: text.run.copied });
  else notices.tell({ kind: 'bad', text: text.run.notCopied, detail: value });
  return copied;
}

async function copyByBrowser(value: string): Promise<boolean> {
  try {
    // Browsers give it to pages over HTTPS and of this machine only.
    await navigator.clipboard.writeText(value);
    return true;
  } catch {
    return false;
  }
}

/** The old way, which works over plain HTTP too. */
function copyBySelection(value: string): boolean {
  const focused = document.activeElement as HTMLElement | null;
  const field = document.createElement('textarea');
  field.value = value;
  field.className = 'visually-hidden';
  field.readOnly = true;
  document.body.append(field);
  field.select();
  const copied = document.execCommand('copy');
  field.remove();
  focused?.focus();
  return copied;
}
