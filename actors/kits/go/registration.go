package kit

import (
	"encoding/json"
	"math"
	"os"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"

	"spoor.dev/kit/contract"
)

// The NATS micro service protocol (ADR-32), in these few lines instead of the package micro: that one counts a request as
// handled when its callback returns, which here is at once, and gives every endpoint a subscription of its own.

type identity struct {
	Type     string            `json:"type"`
	Name     string            `json:"name"`
	ID       string            `json:"id"`
	Version  string            `json:"version"`
	Metadata map[string]string `json:"metadata"`
}

type endpointInfo struct {
	Name       string            `json:"name"`
	Subject    string            `json:"subject"`
	QueueGroup string            `json:"queue_group"`
	Metadata   map[string]string `json:"metadata,omitempty"`
}

type serviceInfo struct {
	identity
	Description string         `json:"description"`
	Endpoints   []endpointInfo `json:"endpoints"`
}

type endpointStats struct {
	endpointInfo
	Requests              int64          `json:"num_requests"`
	Errors                int64          `json:"num_errors"`
	LastError             string         `json:"last_error"`
	ProcessingTime        int64          `json:"processing_time"`
	AverageProcessingTime int64          `json:"average_processing_time"`
	Data                  map[string]any `json:"data,omitempty"`
}

type serviceStats struct {
	identity
	Started   string          `json:"started"`
	Endpoints []endpointStats `json:"endpoints"`
}

// register answers $SRV.PING, .INFO and .STATS: of all, by name, and by name and id.
func (p *Process) register() error {
	replies := map[string]func() any{
		"PING":  func() any { return p.identity("ping") },
		"INFO":  func() any { return p.info() },
		"STATS": func() any { return p.stats(time.Now()) },
	}
	for kind, reply := range replies {
		for _, suffix := range []string{"", "." + p.Actor.Name, "." + p.Actor.Name + "." + p.id} {
			_, err := p.Bus.connection.Subscribe("$SRV."+kind+suffix, func(message *nats.Msg) {
				body, err := json.Marshal(reply())
				if err == nil && message.Reply != "" {
					_ = message.Respond(body)
				}
			})
			if err != nil {
				return contract.Failf(contract.Misconfigured, "%q cannot be registered as a service: %v.", p.Actor.Name, err)
			}
		}
	}
	return nil
}

func (p *Process) identity(kind string) identity {
	host, _ := os.Hostname()
	metadata := map[string]string{
		"host": host, "pid": strconv.Itoa(os.Getpid()), "receives": p.inbox.describe(), "sends": p.Actor.Sends, "ops": p.ops, "kit": "go",
	}
	return identity{Type: "io.nats.micro.v1." + kind + "_response", Name: p.Actor.Name, ID: p.id, Version: p.Actor.version(), Metadata: metadata}
}

// endpoints are the subjects that the actor serves; an actor that serves none names the one that its figures are asked on.
func (p *Process) endpoints() []endpointInfo {
	var all []endpointInfo
	for _, one := range p.inbox.served() {
		metadata := map[string]string{"formats": one.Formats, "schema": one.Schema, "reply_schema": one.ReplySchema}
		all = append(all, endpointInfo{one.Name, one.Subject, one.Queue, metadata})
	}
	if len(all) == 0 {
		all = append(all, endpointInfo{Name: "messages", Subject: "$SRV.STATS." + p.Actor.Name, QueueGroup: p.Actor.Name})
	}
	return all
}

func (p *Process) info() serviceInfo {
	return serviceInfo{p.identity("info"), p.Actor.Summary, p.endpoints()}
}

// stats reports all messages on the first endpoint, with the actor's figures as its data (contracts/actor-stats.ts).
func (p *Process) stats(now time.Time) serviceStats {
	figures := p.Meter.totals(now)
	events := map[string]int64{"received": 0, "succeeded": 0, "failed": 0, "refused": 0, "rejected": 0, "renamed": 0, "repeated": 0, "misdated": 0}
	for one, count := range figures.events {
		events[one.outcome] += count
	}
	data := map[string]any{
		"events": events, "underWay": p.Mailbox.size(), "capacity": p.Mailbox.capacity, "state": p.State(),
	}
	if figures.hasAge {
		data["lag"], data["lastAt"] = figures.lastAge.Milliseconds(), figures.lastAt.UnixMilli()
	}
	if figures.behind != nil {
		data["behind"] = behindOf(figures.behind)
	}
	seams, systems := map[string]string{}, map[string]any{}
	for _, one := range p.dependencies {
		if found := one.lastFound(); found != "" {
			seams[one.Name] = found
		}
		systems[one.Name] = map[string]any{"kind": one.Kind, "embedded": false, "address": one.Address}
	}
	data["seams"], data["systems"] = seams, systems
	var all []endpointStats
	for i, one := range p.endpoints() {
		stats := endpointStats{endpointInfo: one}
		if i == 0 {
			stats.Requests, stats.Errors = figures.messages, events[failed]+events[refused]
			stats.LastError, stats.ProcessingTime, stats.Data = figures.lastError, figures.busy.Nanoseconds(), data
			stats.AverageProcessingTime = int64(math.Round(float64(stats.ProcessingTime) / float64(max(1, stats.Requests))))
		}
		all = append(all, stats)
	}
	return serviceStats{p.identity("stats"), p.started.UTC().Format("2006-01-02T15:04:05.000Z"), all}
}

func behindOf(behind map[place]Position) []map[string]any {
	all := []map[string]any{}
	for at, position := range behind {
		if position == (Position{}) {
			continue
		}
		all = append(all, map[string]any{
			"topic": at.topic, "partition": at.partition, "records": max(0, position.End-position.Next), "end": strconv.FormatInt(position.End, 10),
		})
	}
	return all
}
