package kit

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// Dependency is a system that the actor needs. Check asks it now; Failed and Worked keep its outages: the log has one line
// at the beginning of each and one at its end.
type Dependency struct {
	Name, Kind, Address string
	Check               func(context.Context) error

	log *slog.Logger

	mu                sync.Mutex
	isOpen            bool
	outages, failures int64
	failuresInOutage  int64
	lastSuccess       time.Time
	found             string
	checkedAt         time.Time
	isChecking        bool
}

// Failed records that an operation failed.
func (d *Dependency) Failed(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.failures++
	d.failuresInOutage++
	if !d.isOpen {
		d.isOpen = true
		d.outages++
		d.log.Warn(d.Name+" at "+d.Address+" fails; it is tried again until it works.", "cause", err.Error())
	}
}

// Worked records that the operation that failed works again.
func (d *Dependency) Worked() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.isOpen {
		d.log.Info(d.Name+" at "+d.Address+" works again.", "failures", d.failuresInOutage)
	}
	d.isOpen = false
	d.failuresInOutage = 0
}

// report is the result of a check, as /health/ready shows it.
type report struct {
	Name           string   `json:"name"`
	Kind           string   `json:"kind"`
	Embedded       bool     `json:"embedded"`
	Address        string   `json:"address"`
	OK             bool     `json:"ok"`
	LastSuccessAge *float64 `json:"lastSuccessAge"`
	Error          string   `json:"error,omitempty"`
}

// checkTimeout: how long one check may take; a result stays current as long.
const checkTimeout = 2 * time.Second

func (d *Dependency) checkNow(ctx context.Context) report {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	err := d.Check(ctx)
	now := time.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	found := report{Name: d.Name, Kind: d.Kind, Address: d.Address, OK: err == nil}
	d.checkedAt, d.found = now, "ok"
	if err == nil {
		d.lastSuccess = now
	} else {
		d.found, found.Error = err.Error(), err.Error()
	}
	if !d.lastSuccess.IsZero() {
		age := now.Sub(d.lastSuccess).Seconds()
		found.LastSuccessAge = &age
	}
	return found
}

// lastFound is the last result, "" before the first. A result that is no longer current is refreshed in the background.
func (d *Dependency) lastFound() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if time.Since(d.checkedAt) > checkTimeout && !d.isChecking {
		d.isChecking = true
		go func() {
			d.checkNow(context.Background())
			d.mu.Lock()
			d.isChecking = false
			d.mu.Unlock()
		}()
	}
	return d.found
}

func (d *Dependency) figures() (up bool, outages, failures int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return !d.isOpen && (d.found == "" || d.found == "ok"), d.outages, d.failures
}
