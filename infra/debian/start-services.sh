#!/bin/sh
# Runs RabbitMQ and Redis in the foreground, on loopback, with the settings of this repository; installs them first where they are
# missing (root). Data is kept in the folder given, else in ./actor-services. Ctrl-C stops both. Their ports: AMQP_PORT, REDIS_PORT.
set -eu

infra=$(cd "$(dirname "$0")/.." && pwd)
"$infra/debian/install-services.sh"

mkdir -p "${1-actor-services}/rabbitmq" "${1-actor-services}/redis"
data=$(cd "${1-actor-services}" && pwd)
amqp_port=${AMQP_PORT-5672}
redis_port=${REDIS_PORT-6379}

redis='' names='' rabbit=''
stop() {
  trap - INT TERM
  # shellcheck disable=SC2086 # those that run
  kill $redis $names $rabbit 2>/dev/null || true
  wait
  exit
}
trap stop INT TERM

redis-server "$infra/redis/redis.conf" --dir "$data/redis" --port "$redis_port" --bind 127.0.0.1 --protected-mode yes &
redis=$!

# Erlang's registry of names. The node would start it in the background, where nobody ends it; one that runs already will do.
epmd -address 127.0.0.1 2>/dev/null &
names=$!
tries=0
until epmd -names >/dev/null 2>&1 || [ $((tries += 1)) -gt 50 ]; do sleep 0.1; done

# Not Debian's own script, which insists on the system's user and folders; RUNNING_UNDER_SYSTEMD: it becomes the node.
HOME=$data/rabbitmq RUNNING_UNDER_SYSTEMD=true \
  RABBITMQ_NODENAME=actor@localhost RABBITMQ_NODE_IP_ADDRESS=127.0.0.1 RABBITMQ_NODE_PORT=$amqp_port \
  RABBITMQ_DIST_PORT=${RABBITMQ_DIST_PORT-$((amqp_port + 20000))} ERL_EPMD_ADDRESS=127.0.0.1 \
  RABBITMQ_MNESIA_BASE=$data/rabbitmq RABBITMQ_LOG_BASE=$data/rabbitmq RABBITMQ_CONFIG_FILE=$infra/rabbitmq/rabbitmq.conf \
  RABBITMQ_ENABLED_PLUGINS_FILE=$data/rabbitmq/enabled_plugins RABBITMQ_CONF_ENV_FILE=$data/rabbitmq/no-environment \
  RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-kernel inet_dist_use_interface {127,0,0,1}" \
  /usr/lib/rabbitmq/bin/rabbitmq-server &
rabbit=$!

echo "export AMQP_URL=amqp://guest:guest@127.0.0.1:$amqp_port REDIS_URL=redis://127.0.0.1:$redis_port"

# Either is of no use without the other.
while kill -0 "$redis" 2>/dev/null && kill -0 "$rabbit" 2>/dev/null; do
  sleep 1 &
  wait $!
done
stop
