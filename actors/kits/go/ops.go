package kit

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"spoor.dev/kit/contract"
)

// serveOps serves /health/live, /health/ready and /metrics on OPS_HOST and OPS_PORT, until the process ends. It returns
// the URL. A port in use is a failure with the reason Unavailable.
func (p *Process) serveOps(host string, port int) (string, error) {
	listener, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port)))
	if err != nil {
		return "", contract.Failf(contract.Unavailable, "OPS_PORT %d cannot be used on %s: %v.", port, host, err)
	}
	server := &http.Server{Handler: http.HandlerFunc(p.answerOps), ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = server.Serve(listener) }()
	return "http://" + listener.Addr().String(), nil
}

func (p *Process) answerOps(response http.ResponseWriter, request *http.Request) {
	response.Header().Set("Cache-Control", "no-store")
	if p.isStopping() {
		response.Header().Set("Connection", "close")
	}
	switch strings.TrimSuffix(request.URL.Path, "/") {
	case "/health/live":
		p.answerLive(response)
	case "/health/ready":
		p.answerReady(request.Context(), response)
	case "/metrics":
		response.Header().Set("Content-Type", "text/plain; version=0.0.4")
		_, _ = response.Write([]byte(p.metrics(time.Now())))
	default:
		writeJSON(response, http.StatusNotFound, map[string]string{
			"error": "not-found", "message": "Not found. The paths are /health/live, /health/ready and /metrics.",
		})
	}
}

// answerLive checks no other system, so that an outage elsewhere never restarts this process. A handler that has not
// returned long after its deadline makes the process not live: it holds a slot of the mailbox and a processor for ever.
func (p *Process) answerLive(response http.ResponseWriter) {
	if p.Mailbox.hung(time.Now()) {
		writeJSON(response, http.StatusServiceUnavailable, map[string]string{"status": "stuck"})
		return
	}
	writeJSON(response, http.StatusOK, map[string]string{"status": "live"})
}

func (p *Process) answerReady(ctx context.Context, response http.ResponseWriter) {
	reports := make([]report, len(p.dependencies))
	var checks sync.WaitGroup
	for i, one := range p.dependencies {
		checks.Go(func() { reports[i] = one.checkNow(ctx) })
	}
	checks.Wait()
	state := p.State()
	status, code := "ready", http.StatusOK
	for _, one := range reports {
		if !one.OK {
			status, code = "not ready", http.StatusServiceUnavailable
		}
	}
	if state != stateUp {
		status, code = "not ready", http.StatusServiceUnavailable
	}
	writeJSON(response, code, map[string]any{"status": status, "actors": map[string]string{p.Actor.Name: state}, "seams": reports})
}

func writeJSON(response http.ResponseWriter, code int, value any) {
	response.Header().Set("Content-Type", "application/json")
	response.WriteHeader(code)
	_ = json.NewEncoder(response).Encode(value)
}
