import { describe, expect, it } from 'vitest';
import { written } from './changes';

describe('what people write of an object', () => {
  it('has no fields that Argo fills in empty, and keeps those that mean something', () => {
    const spec = {
      arguments: {},
      templates: [{ name: 'a', inputs: {}, outputs: {}, metadata: {}, suspend: {} }],
    };
    const text = written('WorkflowTemplate', { metadata: { name: 't', uid: 'u', labels: {} }, spec });
    expect(text).not.toMatch(/arguments|inputs|outputs|labels|uid/);
    expect(text).toContain('suspend: {}');
  });
});
