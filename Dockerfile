# jepsen in a container, as an ordinary user. docs/containers.md names the flags that `docker run` needs for each kind of fault.
#
#   docker build -t jepsen .                      # the reference broker, and targets that you mount or add
#   docker build -t jepsen:kafka --build-arg JAVA=17 .   # with Java and Maven, for the built-in Apache Kafka

ARG RUST=1.88

FROM rust:${RUST}-bookworm AS build
WORKDIR /jepsen
COPY Cargo.toml Cargo.lock ./
COPY broker broker
COPY checkers checkers
COPY docs docs
COPY nemesis nemesis
COPY reports reports
COPY harness harness
# librdkafka, zlib and zstd are built from source and linked into the program, so it needs the C library only.
RUN cargo install --locked --path harness --root /installed

FROM debian:bookworm-slim
ARG JAVA=
RUN apt-get update \
 && if [ -n "$JAVA" ]; then apt-get install -y --no-install-recommends "openjdk-$JAVA-jre-headless" maven; fi \
 && rm -rf /var/lib/apt/lists/*
RUN useradd --create-home --uid 1000 jepsen && mkdir /work && chown jepsen:jepsen /work
COPY --from=build /installed/bin/jepsen /usr/local/bin/jepsen
USER jepsen
WORKDIR /work
ENTRYPOINT ["jepsen"]
