// What is told of a step, in the order of the tabs.

export const NODE_TABS = ['summary', 'logs', 'io', 'artifacts', 'manifest', 'journal'] as const;
