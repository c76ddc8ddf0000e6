# Builds Walka and puts what runs into a small image.
FROM node:26-slim AS build
WORKDIR /walka
COPY package.json package-lock.json tsconfig.json tsconfig.build.json build.ts ./
COPY protocol protocol
COPY src src
RUN npm ci --no-audit --no-fund && npm run build && npm prune --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:26-slim
ENV NODE_ENV=production WALKA_METRICS_HOST=0.0.0.0 WALKA_METRICS_PORT=9644
# Clients come from outside the container. Both are over a settings file, as all variables are.
ENV KAFKA_LISTENERS=PLAINTEXT://0.0.0.0:9092 KAFKA_LOG_DIRS=/data
WORKDIR /walka
COPY --from=build /walka/package.json ./
COPY --from=build /walka/node_modules node_modules
COPY --from=build /walka/dist dist
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
# 9092 for clients; 9644 for metrics and health.
EXPOSE 9092 9644
# Answers only when the broker serves. Another metrics port goes into the variable, where this looks for it.
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.WALKA_METRICS_PORT + '/healthz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/main.cjs"]
