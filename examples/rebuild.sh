#!/bin/bash
# Rebuilds the components in the examples' deps/ from the sources beside them (rebuild.sh), or says
# which of them no longer correspond (rebuild.sh --check).
here=$(cd "$(dirname "$0")" && pwd)
exec "$here/../testsuite/scripts/build-guests.sh" "$here" "$@"
