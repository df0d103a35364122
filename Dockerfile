FROM golang:1.26.8 AS build
ENV CGO_ENABLED=0 GOTOOLCHAIN=local
WORKDIR /src

# The modules are a separate layer, which is rebuilt only when they change.
COPY go.mod go.sum ./
RUN go mod download

COPY . .
ARG VERSION=dev
RUN go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=${VERSION}" -o /out/mtf ./cmd/mtf

FROM alpine:3.22
# A new volume that is mounted on one of the directories takes its owner.
RUN addgroup -S -g 10001 mtf \
    && adduser -S -D -H -u 10001 -G mtf mtf \
    && install -d -o mtf -g mtf /var/lib/mtf/documents /var/lib/mtf/notifications
COPY --from=build /out/mtf /usr/local/bin/mtf

ENV MTF_HTTP_ADDR=0.0.0.0:8000 \
    MTF_METRICS_ADDR=0.0.0.0:9464 \
    MTF_DOCUMENTS_DIR=/var/lib/mtf/documents \
    MTF_NOTIFY_LOG_FILE=/var/lib/mtf/notifications/notifications.log
USER 10001:10001
EXPOSE 8000 9464
ENTRYPOINT ["mtf"]
CMD ["serve"]
