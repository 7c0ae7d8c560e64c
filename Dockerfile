# syntax=docker/dockerfile:1
# The operator alone, as one static binary. The build runs on the target's own architecture: Alpine's Rust links musl
# statically there, so that no cross compiler and no target option is needed.
ARG RUST_VERSION=1.95

FROM docker.io/library/rust:${RUST_VERSION}-alpine AS build
# A C compiler for the cryptography library.
RUN apk add --no-cache build-base
WORKDIR /src
COPY Cargo.toml Cargo.lock ./
# Cargo looks at every target of the whole workspace, whatever it builds.
COPY benches benches
COPY crates crates
COPY src src
RUN --mount=type=cache,id=armature-registry,target=/usr/local/cargo/registry \
    --mount=type=cache,id=armature-target,target=/src/target \
    cargo build --release --locked --package armature --bin armature \
    && cp target/release/armature /armature
# A binary that asks for a dynamic loader would not start below.
RUN if readelf --program-headers --wide /armature | grep -q INTERP; then echo "armature is not static" >&2; exit 1; fi

FROM scratch
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="armature" \
      org.opencontainers.image.description="A Kubernetes operator that runs fleets of Azure Kubernetes Service clusters from Git" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /armature /armature
# Nobody: by number, because there is no /etc/passwd.
USER 65532:65532
EXPOSE 8080
ENTRYPOINT ["/armature"]
CMD ["run"]
