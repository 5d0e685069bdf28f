// Short messages about what has just happened, and questions before it does.

export interface Notice {
  id: number;
  kind: 'good' | 'bad';
  text: string;
  detail?: string;
  link?: { text: string; href: string };
  undo?: { text: string; act: () => Promise<void> | void };
}

/** Good news goes by itself; bad news stays until it is closed. */
const GOOD_MS = 7000;
const NOTICES_MAX = 5;

class Notices {
  list = $state<Notice[]>([]);
  #next = 1;

  tell(notice: Omit<Notice, 'id'>): void {
    const id = this.#next++;
    this.list = [...this.list.slice(-(NOTICES_MAX - 1)), { ...notice, id }];
    if (notice.kind === 'good') setTimeout(() => this.close(id), GOOD_MS);
  }

  close(id: number): void {
    this.list = this.list.filter((notice) => notice.id !== id);
  }
}

export const notices = new Notices();

export interface Field {
  name: string;
  label: string;
  hint?: string | undefined;
  kind: 'text' | 'lines' | 'choice' | 'check' | 'moment';
  value: string;
  choices?: string[] | undefined;
  required?: boolean | undefined;
  /** It is asked only when the check of this name is set. */
  when?: string | undefined;
}

export interface Question {
  title: string;
  /** What will happen. */
  says: string;
  verb: string;
  danger?: boolean;
  fields?: Field[];
  note?: string | undefined;
  /** What exactly will happen with what is filled in. */
  tells?: (values: Record<string, string>) => string;
  /** Does it; a fault is shown in the dialog, which stays open. */
  act: (values: Record<string, string>) => Promise<void>;
}

class Asking {
  question = $state.raw<Question | undefined>(undefined);

  ask(question: Question): void {
    this.question = question;
  }

  close(): void {
    this.question = undefined;
  }
}

export const asking = new Asking();
