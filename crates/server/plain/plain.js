// The runs as a table, for a server that was built without the web pages.

const RUNS_MAX = 50;
const said = document.getElementById('said');
const fields = ['metadata'].concat(
  ['name', 'namespace'].map((field) => `items.metadata.${field}`),
  ['phase', 'progress', 'startedAt'].map((field) => `items.status.${field}`),
);

try {
  const answer = await fetch(`api/v1/workflows/?listOptions.limit=${RUNS_MAX}&fields=${fields}`);
  const list = await answer.json();
  if (!answer.ok) throw new Error(list.message);
  for (const { metadata, status = {} } of list.items ?? []) {
    const row = document.createElement('tr');
    for (const text of [metadata.namespace, metadata.name, status.phase, status.progress, status.startedAt]) {
      row.appendChild(document.createElement('td')).textContent = text ?? '';
    }
    document.getElementById('runs').append(row);
  }
  said.textContent = list.items?.length ? '' : 'No runs yet. `tiphys run examples/hello.yaml` makes one.';
  document.querySelector('table').hidden = !list.items?.length;
} catch (error) {
  said.textContent = `The runs cannot be shown: ${error.message}`;
}
