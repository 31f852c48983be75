#!/bin/sh
exec node "${SLUICE_INSTALL_ROOT:-}/opt/hello/check.mjs"
