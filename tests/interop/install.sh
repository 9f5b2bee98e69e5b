# Installs the clients into $cache, each pinned by a file beside this one; sourced. What is there already is kept:
# a stamp holds the checksum of the files that it was made from.

# install_for SUITE ...: everything that these suites need; fails on the first thing that can't be had.
install_for() {
  local name
  need python3 python3 && need kcat kcat || return 1
  for name; do
    case $name in
      kafka-python|confluent) install_python ;;
      kafkajs) install_node ;;
      franz-go) install_go ;;
      apache-directory) install_kafka && install_python ;;
      java|apache-*) install_kafka ;;
    esac || { echo "cannot install what the suite $name needs"; return 1; }
  done
}

# need COMMAND DEBIAN-PACKAGE ...
need() {
  command -v "$1" > /dev/null || { debian "${@:2}" && command -v "$1" > /dev/null; }
}

debian() { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$@"; }

made_from() { cat "$@" | cksum; }
is_made() { [ "$(cat "$cache/$1.made" 2> /dev/null)" = "$(made_from "${@:2}")" ]; }
set_made() { made_from "${@:2}" > "$cache/$1.made"; }

install_python() {
  is_made venv "$here/requirements.txt" && return
  rm -rf "$cache/venv"
  python3 -m venv "$cache/venv" || { debian python3-venv && python3 -m venv "$cache/venv"; } || return 1
  "$cache/venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt" || return 1
  set_made venv "$here/requirements.txt"
}

install_node() {
  is_made node "$here/package.json" "$here/package-lock.json" && return
  need node nodejs && need npm npm || return 1
  rm -rf "$cache/node"
  mkdir -p "$cache/node"
  cp "$here/package.json" "$here/package-lock.json" "$cache/node/"
  (cd "$cache/node" && npm ci --silent --no-audit --no-fund) || return 1
  set_made node "$here/package.json" "$here/package-lock.json"
}

install_go() {
  is_made franz-go "$here"/franz_go/* && return
  need go golang-go || return 1
  (cd "$here/franz_go" && GOFLAGS=-mod=readonly go build -o "$cache/franz-go" .) || return 1
  set_made franz-go "$here"/franz_go/*
}

# Apache Kafka's jars, the server's among them. Jars that are already on the machine serve as well.
install_kafka() {
  need java default-jdk-headless || return 1
  local version libs
  version=$(sed -n 's:.*<kafka.version>\(.*\)</kafka.version>.*:\1:p' "$here/pom.xml")
  libs=$HOME/.cache/kafka-oracle/$version/libs
  if [ ! -f "$libs/kafka_2.13-$version.jar" ]; then
    libs=$cache/kafka-$version
    if ! is_made kafka "$here/pom.xml"; then
      need mvn maven || return 1
      rm -rf "$libs"
      mvn -q -B -f "$here/pom.xml" dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$libs" || return 1
      set_made kafka "$here/pom.xml"
    fi
  fi
  KAFKA_CLASSPATH="$libs/*"
  export KAFKA_CLASSPATH
}
