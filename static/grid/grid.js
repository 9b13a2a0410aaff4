// The class table comes alive. Without this script every row still leads to a plain form.

// Of the newcomer's form below the table.
import '../later.js';
import '../places.js';
import {mayEdit, table} from './cells.js';
import * as popover from './popover.js';
import * as saving from './saving.js';
import * as draftRestore from './draft_restore.js';
import * as patch from './patch.js';
import * as polling from './polling.js';
import * as newcomer from './newcomer.js';
import * as stickyHeader from './sticky_header.js';
import * as keys from './keys.js';
import * as editor from './editor.js';
import * as filter from './filter.js';
import * as cellStatus from './cell_status.js';
import * as cards from './cards.js';
import * as selection from './selection.js';
import * as clipboard from './clipboard.js';
import * as gridActions from './grid_actions.js';
import * as moves from './moves.js';

function start() {
  popover.start(editor);
  if (mayEdit) startSaving();
  stickyHeader.start();
  keys.start();
  editor.start();
  filter.start();
  cellStatus.start();
  cards.start();
  selection.start();
  clipboard.start();
  if (mayEdit) newcomer.goToNewRow();
  gridActions.start();
  moves.start();
}

function startSaving() {
  saving.start();
  draftRestore.start();
  patch.start();
  polling.start();
  newcomer.start();
  addEventListener('beforeunload', (event) => {
    if (editor.isEditing()) editor.commit();
    if (saving.isAnythingUnsaved()) event.preventDefault();
  });
}

if (table) start();
