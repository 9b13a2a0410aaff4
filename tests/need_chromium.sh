#!/bin/sh
# The browser tests want a Chromium. If there is none, install the system's package where we may; else say so loudly.
for name in chromium-headless-shell chromium chromium-browser google-chrome google-chrome-stable; do
  command -v "$name" >/dev/null 2>&1 && exit 0
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "No Chromium found: installing the system's package for the browser tests ..."
  install() { DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$@"; }
  (apt-get update -qq && { install chromium chromium-headless-shell || install chromium; }) >/dev/null 2>&1 && exit 0
fi
echo "*** NO CHROMIUM: THE BROWSER TESTS WILL BE SKIPPED. Install the package 'chromium' and run make test again. ***" >&2
exit 0
