#!/bin/sh
# Installs RabbitMQ and Redis on Debian or Ubuntu, for those who start processes of their own: the servers that come with the
# packages are not started. Does nothing when both are there. Needs root. With --dry-run it prints what it would do.
set -eu

packages=
[ -x /usr/lib/rabbitmq/bin/rabbitmq-server ] || packages="$packages rabbitmq-server"
command -v redis-server >/dev/null || packages="$packages redis-server"
[ -n "$packages" ] || exit 0

if [ "${1-}" = --dry-run ]; then
  echo "would install$packages"
  exit 0
fi

# Packages ask this file whether they may start their servers. 101: they may not.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod +x "$policy"
fi

export DEBIAN_FRONTEND=noninteractive
apt() { apt-get -qq -o DPkg::Lock::Timeout=300 "$@" >/dev/null; }
# Lists are missing in a fresh container, and on an old machine they name versions that are gone.
# shellcheck disable=SC2086 # $packages is a list
apt install --yes --no-install-recommends $packages 2>/dev/null || {
  apt update
  # shellcheck disable=SC2086
  apt install --yes --no-install-recommends $packages
}
