// The link to the page where several pupils change class or leave takes the selected rows along:
// there they are ticked already.

import * as selection from './selection.js';

const link = document.getElementById('moves');

function take() {
  const rows = selection.isMany() ? [...selection.block()] : [];
  link.search = rows.map(([cell]) => `person=${cell.parentElement.dataset.personId}`).join('&');
}

function start() {
  link?.addEventListener('click', take);
  link?.addEventListener('auxclick', take);
}

export {start};
