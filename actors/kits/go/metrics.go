package kit

import (
	"fmt"
	"math"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// exposition writes metrics in the Prometheus text format, with the names of Spoor's other actors.
type exposition struct{ strings.Builder }

func (e *exposition) family(name, kind, help string) {
	fmt.Fprintf(e, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind)
}

// sample writes one value; labels are names and values in turn.
func (e *exposition) sample(name string, value float64, labels ...string) {
	e.WriteString(name)
	for i := 0; i+1 < len(labels); i += 2 {
		e.WriteString([]string{"{", ","}[min(i, 1)])
		fmt.Fprintf(e, `%s="%s"`, labels[i], labelEscape.Replace(labels[i+1]))
	}
	if len(labels) > 0 {
		e.WriteByte('}')
	}
	e.WriteString(" " + strconv.FormatFloat(value, 'g', -1, 64) + "\n")
}

var labelEscape = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

// metrics is the text of /metrics.
func (p *Process) metrics(now time.Time) string {
	e := &exposition{}
	p.processFigures(e)
	p.actorFigures(e, now)
	p.dependencyFigures(e)
	return e.String()
}

func (p *Process) processFigures(e *exposition) {
	e.family("spoor_build_info", "gauge", "1, with the version of the actor, the runtime and its version.")
	e.sample("spoor_build_info", 1, "version", p.Actor.version(), "runtime", "go", "runtime_version", strings.TrimPrefix(runtime.Version(), "go"))
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) == nil {
		e.family("process_cpu_seconds_total", "counter", "User and system time of the process, seconds.")
		e.sample("process_cpu_seconds_total", seconds(usage.Utime)+seconds(usage.Stime))
	}
	if text, err := os.ReadFile("/proc/self/statm"); err == nil {
		if fields := strings.Fields(string(text)); len(fields) > 1 {
			pages, _ := strconv.ParseFloat(fields[1], 64)
			e.family("process_resident_memory_bytes", "gauge", "Resident memory of the process, bytes.")
			e.sample("process_resident_memory_bytes", pages*float64(os.Getpagesize()))
		}
	}
	if files, err := os.ReadDir("/proc/self/fd"); err == nil {
		e.family("process_open_fds", "gauge", "Open file descriptors of the process.")
		e.sample("process_open_fds", float64(len(files)-1))
	}
	var files syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files) == nil {
		e.family("process_max_fds", "gauge", "Maximum of open file descriptors.")
		e.sample("process_max_fds", float64(files.Cur))
	}
	e.family("process_start_time_seconds", "gauge", "When the process started, seconds since 1970.")
	e.sample("process_start_time_seconds", float64(p.started.UnixMilli())/1000)
}

func seconds(time syscall.Timeval) float64 { return float64(time.Sec) + float64(time.Usec)/1e6 }

func (p *Process) actorFigures(e *exposition, now time.Time) {
	actor, figures := p.Actor.Name, p.Meter.totals(now)
	e.family("spoor_actor_events_total", "counter", "Events by actor and outcome. failed: this actor failed; refused: an actor or system downstream did, or the mailbox was full.")
	for _, one := range sorted(figures.events) {
		labels := []string{"actor", actor, "outcome", one.outcome}
		if one.reason != "" {
			labels = append(labels, "reason", one.reason)
		}
		e.sample("spoor_actor_events_total", float64(figures.events[one]), labels...)
	}
	name := "spoor_actor_message_duration_seconds"
	e.family(name, "histogram", "Duration of one message (a batch of events), from its arrival to its outcome.")
	sum := int64(0)
	for i, bound := range append(slices.Clone(durationBounds), math.Inf(1)) {
		sum += figures.buckets[i]
		text := strconv.FormatFloat(bound, 'g', -1, 64)
		e.sample(name+"_bucket", float64(sum), "actor", actor, "le", text)
	}
	e.sample(name+"_sum", figures.busy.Seconds(), "actor", actor)
	e.sample(name+"_count", float64(figures.messages), "actor", actor)
	gauges := []struct {
		name, kind, help string
		value            float64
	}{
		{"spoor_actor_lag_seconds", "gauge", "Age of the oldest event in flight, or in the last message handled within 15 seconds; 0 when there is none.", figures.lag.Seconds()},
		{"spoor_actor_mailbox_size", "gauge", "Messages in flight or waiting.", float64(p.Mailbox.size())},
		{"spoor_actor_mailbox_capacity", "gauge", "Maximum number of messages in flight or waiting; more are refused.", float64(p.Mailbox.capacity)},
		{"spoor_actor_restarts_total", "counter", "Restarts of the actor after a crash.", 0},
		{"spoor_actor_given_up", "gauge", "1 when the actor crashed too often and is not restarted; its process then ends.", 0},
	}
	for _, one := range gauges {
		e.family(one.name, one.kind, one.help)
		e.sample(one.name, one.value, "actor", actor)
	}
	// A crash ends the process, and its supervisor restarts it: these figures stay 0, and are here because alerts name them.
	name = "spoor_actor_last_crash_timestamp_seconds"
	e.family(name, "gauge", "When the actor last crashed.")
	e.sample(name, 0, "actor", actor, "cause", "none")
	p.consumerFigures(e, figures.behind, now)
}

func sorted(events map[series]int64) []series {
	all := make([]series, 0, len(events))
	for one := range events {
		all = append(all, one)
	}
	slices.SortFunc(all, func(a, b series) int { return strings.Compare(a.outcome+" "+a.reason, b.outcome+" "+b.reason) })
	return all
}

func (p *Process) consumerFigures(e *exposition, behind map[place]Position, now time.Time) {
	if behind == nil {
		return
	}
	gauge := func(name, help string, value func(Position) float64) {
		e.family(name, "gauge", help)
		for at, position := range behind {
			e.sample(name, value(position), "group", "spoor-"+p.Actor.Name, "topic", at.topic, "partition", strconv.Itoa(int(at.partition)))
		}
	}
	gauge("spoor_consumer_position", "Offset of the next record that the group handles, by the member that owns the partition.",
		func(at Position) float64 { return float64(at.Next) })
	gauge("spoor_consumer_end_offset", "Offset after the last record of the partition; it rises even while the group handles nothing.",
		func(at Position) float64 { return float64(at.End) })
	gauge("spoor_consumer_lag_records", "Records of the partition that the group has not handled.",
		func(at Position) float64 { return float64(max(0, at.End-at.Next)) })
	gauge("spoor_consumer_lag_seconds", "Age of the oldest record that the group has not handled; 0 without such a record.",
		func(at Position) float64 {
			if at.End <= at.Next || at.Time.IsZero() {
				return 0
			}
			return max(0, now.Sub(at.Time).Seconds())
		})
}

func (p *Process) dependencyFigures(e *exposition) {
	type figure struct {
		up                bool
		outages, failures int64
	}
	found := make([]figure, len(p.dependencies))
	for i, one := range p.dependencies {
		one.lastFound()
		found[i].up, found[i].outages, found[i].failures = one.figures()
	}
	write := func(name, kind, help string, value func(figure) float64) {
		e.family(name, kind, help)
		for i, one := range p.dependencies {
			e.sample(name, value(found[i]), "dependency", one.Name)
		}
	}
	write("spoor_dependency_up", "gauge", "1 while the dependency works: its last check succeeded, and no operation on it fails. Names as in /health/ready.",
		func(one figure) float64 {
			if one.up {
				return 1
			}
			return 0
		})
	write("spoor_dependency_outages_total", "counter", "Outages of the dependency; the log has one line at the begin of each and one at its end.",
		func(one figure) float64 { return float64(one.outages) })
	write("spoor_dependency_failures_total", "counter", "Operations on the dependency that failed; the log only has their number, at the end of each outage.",
		func(one figure) float64 { return float64(one.failures) })
}
