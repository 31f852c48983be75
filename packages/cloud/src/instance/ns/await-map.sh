#!/bin/sh
# Waits for the line that says that user ids are mapped, and becomes netd. Arguments: node, netd.ts.
read -r _
exec "$@"
