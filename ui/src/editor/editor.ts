// The editor of manifests. Lives in a shadow root, where its styles are adopted sheets: the page's policy allows no inline styles.

import {
  autocompletion,
  type CompletionContext,
  type CompletionResult,
  completionKeymap,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import {
  bracketMatching,
  foldGutter,
  HighlightStyle,
  indentOnInput,
  indentUnit,
  syntaxHighlighting,
} from '@codemirror/language';
import { lintGutter, lintKeymap, type Diagnostic as Mark, setDiagnostics } from '@codemirror/lint';
import { search, searchKeymap } from '@codemirror/search';
import { EditorState } from '@codemirror/state';
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  hoverTooltip,
  keymap,
  lineNumbers,
  type Tooltip,
} from '@codemirror/view';
import { tags } from '@lezer/highlight';
import type { Diagnostic } from '../api/own';
import { text as catalogue } from '../text';
import { language } from './language';
import { fieldAt, type Known, wordsAt } from './words';
import { FIELDS } from './fields';

export interface Editor {
  text(): string;
  set(text: string): void;
  mark(problems: Diagnostic[], fixLabel: string): void;
  goTo(line: number, column: number): void;
  apply(fix: NonNullable<Diagnostic['fix']>): void;
  destroy(): void;
}

const look = HighlightStyle.define([
  { tag: tags.propertyName, color: 'var(--ansi-4)' },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--ansi-2)' },
  { tag: [tags.number, tags.bool, tags.null, tags.keyword], color: 'var(--ansi-5)' },
  { tag: tags.comment, color: 'var(--ink-soft)', fontStyle: 'italic' },
  { tag: [tags.meta, tags.labelName], color: 'var(--ansi-3)' },
]);

const theme = EditorView.theme({
  '&': { height: '100%', fontSize: '0.93rem', color: 'var(--ink)', backgroundColor: 'var(--surface)' },
  '&.cm-focused': { outline: '2px solid var(--focus)', outlineOffset: '-2px' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.55' },
  '.cm-gutters': { backgroundColor: 'var(--sunken)', color: 'var(--ink-soft)', border: 'none' },
  '.cm-activeLine': { backgroundColor: 'color-mix(in srgb, var(--chosen) 45%, transparent)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
    backgroundColor: 'var(--chosen)',
  },
  '.cm-cursor': { borderLeftColor: 'var(--ink)' },
  '.cm-tooltip': {
    backgroundColor: 'var(--raised)',
    color: 'var(--ink)',
    border: '1px solid var(--line)',
    borderRadius: '6px',
  },
  '.cm-tooltip-autocomplete > ul > li[aria-selected]': { backgroundColor: 'var(--chosen)', color: 'var(--ink)' },
  '.told': { maxWidth: '34rem', padding: '6px 10px', fontSize: '12px' },
  '.cm-panels': { backgroundColor: 'var(--surface)', color: 'var(--ink)' },
});

function complete(context: CompletionContext, known: Known): CompletionResult | null {
  const found = wordsAt(context.state.doc.toString(), context.pos, known);
  if (!found || found.words.length === 0) return null;
  // Names and choices are few: they are offered before anything is typed.
  if (!context.explicit && found.from === context.pos && found.key) return null;
  return {
    from: found.from,
    options: found.words.map(({ word, info }) => ({
      label: word,
      ...(info ? { detail: info } : {}),
      apply: found.key ? `${word}: ` : word,
    })),
  };
}

/** Most fields of a type that are told at once. */
const TOLD_MAX = 24;

/** What a field is, for who rests on its name. */
function tell(view: EditorView, at: number): Tooltip | null {
  const found = fieldAt(view.state.doc.toString(), at);
  if (!found) return null;
  const { holds, choices, gone } = found.field;
  const inner = holds ? Object.keys(FIELDS[holds] ?? {}) : (choices ?? []);
  const lines = [
    gone ?? '',
    inner.length > TOLD_MAX ? `${inner.slice(0, TOLD_MAX).join(', ')}, …` : inner.join(', '),
  ].filter(Boolean);
  return {
    pos: found.from,
    end: found.to,
    above: true,
    create: () => {
      const dom = document.createElement('div');
      dom.className = 'told';
      const name = document.createElement('strong');
      name.textContent = holds ? `${found.name}: ${holds}` : found.name;
      dom.append(name);
      for (const line of lines.length ? lines : [catalogue.new.plainField]) {
        const part = document.createElement('div');
        part.textContent = line;
        dom.append(part);
      }
      return { dom };
    },
  };
}

export function makeEditor(
  host: HTMLElement,
  text: string,
  label: string,
  changed: () => void,
  known: () => Known = () => ({ templates: [] }),
): Editor {
  const root = host.shadowRoot ?? host.attachShadow({ mode: 'open' });
  const frame = document.createElement('div');
  frame.style.height = '100%';
  root.replaceChildren(frame);
  const view = new EditorView({
    parent: frame,
    root,
    state: EditorState.create({
      doc: text,
      extensions: [
        lineNumbers(),
        foldGutter(),
        lintGutter(),
        history(),
        drawSelection(),
        indentOnInput(),
        bracketMatching(),
        highlightActiveLine(),
        indentUnit.of('  '),
        EditorState.tabSize.of(2),
        language(),
        syntaxHighlighting(look),
        theme,
        search({ top: true }),
        autocompletion({ override: [(context) => complete(context, known())] }),
        hoverTooltip(tell),
        keymap.of([
          ...completionKeymap,
          ...defaultKeymap,
          ...searchKeymap,
          ...historyKeymap,
          ...lintKeymap,
          indentWithTab,
        ]),
        EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' }),
        EditorView.updateListener.of((update) => update.docChanged && changed()),
      ],
    }),
  });
  const offset = (line: number, column: number): number => {
    const found = view.state.doc.line(Math.max(1, Math.min(view.state.doc.lines, line)));
    return Math.min(found.to, found.from + Math.max(0, column - 1));
  };
  const apply = (fix: NonNullable<Diagnostic['fix']>) => {
    view.dispatch({
      changes: { from: offset(fix.line, fix.column), to: offset(fix.endLine, fix.endColumn), insert: fix.text },
    });
    view.focus();
  };
  return {
    text: () => view.state.doc.toString(),
    set: (next) => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: next } }),
    mark: (problems, fixLabel) => {
      const marks = problems.map((problem): Mark => {
        const from = offset(problem.line, problem.column);
        const to = problem.endColumn
          ? offset(problem.endLine ?? problem.line, problem.endColumn)
          : view.state.doc.lineAt(from).to;
        return {
          from,
          to: Math.max(from, to),
          severity: problem.severity,
          message: problem.help ? `${problem.message}\n${problem.help}` : problem.message,
          ...(problem.fix ? { actions: [{ name: fixLabel, apply: () => apply(problem.fix!) }] } : {}),
        };
      });
      view.dispatch(setDiagnostics(view.state, marks));
    },
    goTo: (line, column) => {
      const at = offset(line, column);
      view.dispatch({ selection: { anchor: at }, effects: EditorView.scrollIntoView(at, { y: 'center' }) });
      view.focus();
    },
    apply,
    destroy: () => view.destroy(),
  };
}
