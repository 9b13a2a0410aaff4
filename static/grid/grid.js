// The class table comes alive. Without this script every row still leads to a plain form.

import '../places.js'; // of the newcomer's form below the table
import * as announce from './announce.js';
import * as cards from './cards.js';
import {mayEdit, table} from './cells.js';
import * as clipboard from './clipboard.js';
import * as editor from './editor.js';
import * as fill from './fill.js';
import * as filter from './filter.js';
import * as heading from './heading.js';
import * as history from './history.js';
import * as keys from './keys.js';
import * as newcomer from './newcomer.js';
import * as note from './note.js';
import * as patch from './patch.js';
import * as problems from './problems.js';
import * as pulse from './pulse.js';
import * as saving from './saving.js';
import * as selection from './selection.js';
import * as steps from './steps.js';

if (table) {
  if (mayEdit) {
    note.start(editor.put);
    saving.start();
    patch.start();
    pulse.start();
    newcomer.start();
    addEventListener('beforeunload', (event) => {
      if (editor.isEditing()) editor.commit();
      if (saving.isAnythingUnsaved()) event.preventDefault();
    });
  }
  heading.start();
  keys.start();
  editor.start();
  filter.start();
  problems.start();
  note.follow();
  history.start();
  announce.start();
  cards.start();
  selection.start();
  clipboard.start();
  fill.start();
  steps.start();
}
