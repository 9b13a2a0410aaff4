// The link to the page where several pupils change class or leave takes the selected rows along:
// there they are ticked already.

import * as selection from './selection.js';

const link = document.getElementById('moves');

function takeSelected() {
  const address = new URL(link.href);
  address.search = '';
  if (selection.isMany()) {
    for (const [cell] of selection.block()) {
      address.searchParams.append('person', cell.parentElement.dataset.personId);
    }
  }
  link.href = address;
}

function start() {
  link?.addEventListener('click', takeSelected);
  link?.addEventListener('auxclick', takeSelected);
}

export {start};
