#!/usr/bin/env bash
# Makes what docker-compose.yml expects under deploy/secrets: a private authority, certificates for the control planes and the
# gateways, the master key, the PostgreSQL password and the bootstrap token. Keeps what is already there. Needs openssl.
set -euo pipefail
cd "$(dirname "$0")"
umask 077
# Each container mounts its own folder only: a gateway never sees the master key, nobody sees the authority's key.
mkdir -p secrets/authority secrets/control-plane secrets/gateway
cd secrets

[ -f authority/ca.key ] || openssl ecparam -name prime256v1 -genkey -noout -out authority/ca.key
[ -f authority/ca.pem ] || openssl req -x509 -new -key authority/ca.key -sha256 -days 3650 \
  -subj '/CN=Sallyport compose authority' -out authority/ca.pem

certificate() { # folder, subject alternative names
  cp authority/ca.pem "$1/ca.pem"
  if [ -f "$1/tls.pem" ]; then return; fi
  openssl ecparam -name prime256v1 -genkey -noout -out "$1/tls.key"
  openssl req -new -key "$1/tls.key" -subj "/CN=$1" -out "$1/tls.csr"
  openssl x509 -req -in "$1/tls.csr" -CA authority/ca.pem -CAkey authority/ca.key -CAcreateserial -sha256 -days 397 \
    -extfile <(printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth\n' "$2") -out "$1/tls.pem"
  rm "$1/tls.csr"
}
certificate control-plane 'DNS:control-plane,DNS:localhost,IP:127.0.0.1'
certificate gateway 'DNS:gateway-1,DNS:gateway-2,DNS:localhost,IP:127.0.0.1'

[ -f control-plane/master.key ] || openssl rand -base64 32 > control-plane/master.key
if [ ! -f compose.env ]; then
  {
    echo "POSTGRES_PASSWORD=$(openssl rand -hex 24)"
    echo "SALLYPORT_BOOTSTRAP_TOKEN=$(openssl rand -hex 32)"
  } > compose.env
fi
# The processes in the containers run as uid 1000 (node).
if [ "$(id -u)" = 0 ]; then chown -R 1000:1000 control-plane gateway; fi
echo "deploy/secrets is complete; next: docker compose --env-file deploy/secrets/compose.env up -d"
