#!/bin/sh
echo "installing $APPLICATION_NAME for $DEPLOYMENT_ID"
