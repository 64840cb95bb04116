#!/bin/sh
# Makes the secrets that compose.yaml names, and a self-signed certificate for a trial. Keeps those that exist.
set -eu
cd "$(dirname "$0")"
# The folder is closed to other users; the files are readable, because containers read them under other user IDs.
umask 022
mkdir -p secrets
chmod 700 secrets
random() { openssl rand -hex "$1"; }
put() { [ -e "secrets/$1" ] || printf '%s\n' "$2" >"secrets/$1"; }

put storage_key "$(random 32)"
put postgres_password "$(random 24)"
put redis_password "$(random 24)"
put grafana_password "$(random 12)"
put database_url "postgres://keyserver:$(cat secrets/postgres_password)@postgres:5432/keyserver"
# redis-cli needs the name of the user: with an empty one it fails.
put redis_url "redis://default:$(cat secrets/redis_password)@redis:6379"
put redis_conf "requirepass $(cat secrets/redis_password)
appendonly yes
maxmemory-policy noeviction"
[ -e secrets/tls_key ] || openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 90 \
  -subj /CN=accounts.example.org -addext subjectAltName=DNS:accounts.example.org \
  -keyout secrets/tls_key -out secrets/tls_certificate 2>/dev/null
chmod 644 secrets/*
