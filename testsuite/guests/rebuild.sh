#!/bin/bash
# Rebuilds the guests' components in deps/ from the sources beside them (rebuild.sh), or says which of
# them no longer correspond (rebuild.sh --check).
here=$(cd "$(dirname "$0")" && pwd)
exec "$here/../scripts/build-guests.sh" "$here" "$@"
