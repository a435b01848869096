FROM swift:6.3-bookworm AS build
# The versions are those of one Debian release, in both stages; pinning each would only delay its security updates.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        libssl-dev zlib1g-dev libsqlite3-dev libopenblas-dev liblapacke-dev pkg-config \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /build
# Dependencies are fetched in a layer of their own: it stays as it is while only our sources change.
COPY Package.swift ./
RUN swift package resolve
COPY openapi.yaml ./
COPY Sources Sources
# The manifest names the targets of tests and benchmarks, and SwiftPM wants their folders to be there.
COPY Tests Tests
COPY Benchmarks Benchmarks
RUN swift build -c release --static-swift-stdlib --product tangent -Xlinker -s \
    && mkdir -p /staging/bin /staging/data \
    && cp .build/release/tangent /staging/bin/ \
    && find .build/release/ -maxdepth 1 -name '*.resources' -exec cp -R {} /staging/bin/ \;

FROM debian:bookworm-slim
LABEL org.opencontainers.image.title="Tangent" \
      org.opencontainers.image.description="The theory of wide neural networks as an HTTP service" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="0.1.0"
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        ca-certificates libssl3 zlib1g libsqlite3-0 libopenblas0-pthread liblapacke libstdc++6 \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /staging/bin/ /usr/local/bin/
# A new volume takes the owner of the folder it is mounted on, so that the user below can write to it.
COPY --from=build --chown=65532:65532 /staging/data /data
ENV TANGENT_HOST=0.0.0.0 \
    TANGENT_PORT=8080 \
    TANGENT_DATA_DIR=/data
USER 65532:65532
VOLUME /data
WORKDIR /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["/usr/local/bin/tangent", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/tangent"]
CMD ["serve"]
