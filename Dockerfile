# Walka's image: Node without npm, the program, and what tools look for that know Kafka's images.
FROM node:26-bookworm-slim AS node

FROM node AS dependencies
WORKDIR /walka
COPY package.json package-lock.json ./
# Without scripts: that of a package for developers would install a second Node.
RUN npm ci --ignore-scripts --no-audit --no-fund

FROM dependencies AS build
COPY tsconfig.json tsconfig.build.json build.ts ./
COPY protocol protocol
COPY bench bench
COPY test/support test/support
COPY src src
RUN node protocol/generate.ts && node build.ts
RUN npm prune --omit=dev --ignore-scripts --no-audit --no-fund

FROM node AS stripped
RUN apt-get update && apt-get install -y --no-install-recommends binutils
RUN strip --strip-unneeded -o /node /usr/local/bin/node

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends libatomic1 && rm -rf /var/lib/apt/lists/*
COPY --from=stripped /node /usr/local/bin/node
RUN useradd --uid 1000 --gid 0 --create-home walka
# Data goes to /data, or to where other images have it when a volume is there. Any user of group 0 may write, as some
# platforms choose the number of the user themselves.
RUN mkdir -p /data /var/lib/kafka/data /bitnami/kafka/data /bitnami/kafka/config /kafka/data /tmp/kraft-combined-logs \
      /tmp/kafka-logs /mnt/shared/config /etc/walka /etc/kafka/secrets /opt/kafka/bin /opt/bitnami/kafka/bin \
      /opt/bitnami/scripts/kafka \
 && chown -R walka:0 /data /var/lib/kafka /bitnami /kafka /tmp/kraft-combined-logs /tmp/kafka-logs /opt/kafka \
 && chmod -R g+rwX /data /var/lib/kafka /bitnami /kafka /tmp/kraft-combined-logs /tmp/kafka-logs /opt/kafka
COPY docker/bin /usr/local/bin
COPY --chown=1000:0 docker/confluent /etc/confluent/docker
COPY docker/kafka /etc/kafka/docker
RUN for tool in kafka-topics kafka-console-producer kafka-console-consumer kafka-broker-api-versions kafka-storage \
      kafka-server-start zookeeper-server-start; do \
      for place in /usr/local/bin /opt/kafka/bin /opt/bitnami/kafka/bin; do \
        ln -s "/usr/local/bin/$tool" "$place/$tool.sh"; \
      done; \
    done \
 && ln -s /usr/local/bin/as-kafka /usr/local/bin/start-kafka.sh \
 && ln -s /usr/local/bin/as-kafka /opt/bitnami/scripts/kafka/run.sh \
 && ln -s /usr/local/bin/entrypoint /opt/bitnami/scripts/kafka/entrypoint.sh
COPY --from=build /walka/package.json /walka/
COPY --from=build /walka/node_modules /walka/node_modules
COPY --from=build /walka/dist /walka/dist
# Says that this is the image: see docs/compose.md for what holds in it where nobody says otherwise.
ENV WALKA_IMAGE=walka NODE_ENV=production
# Code compiled once is found by every container.
ENV NODE_COMPILE_CACHE=/walka/compiled
RUN timeout --preserve-status 2 walka --memory && chmod -R a+rX /walka
USER 1000
WORKDIR /home/walka
VOLUME /data
# 9092 for clients; 9644 for metrics and health.
EXPOSE 9092 9644
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s --start-interval=500ms --retries=3 CMD ["healthcheck"]
ENTRYPOINT ["entrypoint"]
