# The service's image. Build: docker build -t lanewatch .   (DuckDB, for `replay` and `demo`: --build-arg WITH_DUCKDB=yes)
FROM node:24.21.0-bookworm-slim AS build
WORKDIR /app
# The packages first: they change less often than the sources, and this layer is kept as long as they don't.
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund --loglevel=error
COPY tsconfig.json tsconfig.build.json ./
COPY scripts ./scripts
COPY bin ./bin
COPY detectors ./detectors
COPY src ./src
RUN npm run build && npm prune --omit=dev --no-audit --no-fund --loglevel=error
# Half of the modules' size, and of no use where QuestDB is the store. The program loads it only when it is configured.
ARG WITH_DUCKDB=no
RUN if [ "$WITH_DUCKDB" != yes ]; then rm -rf node_modules/@duckdb; fi

FROM node:24.21.0-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/bin ./bin
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
# The image's own unprivileged user, by number, so that Kubernetes can check runAsNonRoot.
USER 1000:1000
EXPOSE 8080
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "--enable-source-maps", "bin/lanewatch.mjs"]
CMD ["run", "--config", "/etc/lanewatch/lanewatch.yaml", "--role", "all"]
