// What every page has, in one request, and after the scripts of the page itself.

import './help.js';
import './signing_out.js';
