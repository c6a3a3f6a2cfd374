package enricher

import (
	"regexp"
	"strings"

	"spoor.dev/kit/record"
)

// devices finds the device of a user agent by a few rules: enough to tell people from bots and phones from desktops.
// Spoor's own enricher knows thousands of models and apps.
type devices struct{ cache cache[*record.Device] }

func (d *devices) of(userAgent string) *record.Device { return d.cache.of(userAgent, deviceOf) }

// A rule gives a value to texts that match a pattern; the first rule that matches applies.
type rule struct {
	value   string
	pattern *regexp.Regexp
}

func rules(pairs ...string) (all []rule) {
	for i := 0; i+1 < len(pairs); i += 2 {
		all = append(all, rule{pairs[i], regexp.MustCompile(pairs[i+1])})
	}
	return all
}

var (
	systems = rules(
		"iOS", `iPhone|iPad|iPod`, "Android", `Android`, "Windows", `Windows`, "Chrome OS", `CrOS`, "Mac", `Macintosh|Mac OS X`,
		"Tizen", `Tizen`, "Linux", `Linux|X11`,
	)
	types = rules(
		"Bot", `(?i)bot\b|bot[/;]|crawl|spider|slurp|^curl/|^wget/|^python|^go-http-client|headless|facebookexternalhit|feedfetcher|monitor`,
		"TV", `(?i)smart-?tv|appletv|apple tv|googletv|android tv|hbbtv|bravia|aft[a-z]\b|web0s|netcast|roku`,
		"Console", `PlayStation|Xbox|Nintendo`,
		"Wearable", `Watch|Wear OS`,
		"Tablet", `iPad|Tablet|Kindle|Silk/|PlayBook`,
		"Mobile", `iPhone|iPod|Mobile|Windows Phone|okhttp|Dalvik|CFNetwork|Opera Mini`,
		"Tablet", `Android`,
	)
	browsers = rules(
		"Edge", `(?:Edg|EdgA|EdgiOS|Edge)/([\d.]+)`, "Opera", `(?:OPR|Opera)/([\d.]+)`, "Samsung Internet", `SamsungBrowser/([\d.]+)`,
		"Firefox", `(?:Firefox|FxiOS)/([\d.]+)`, "Chrome", `(?:Chrome|CriOS)/([\d.]+)`, "Safari", `Version/([\d.]+).*Safari/`,
		"IE", `(?:MSIE |Trident/.*rv:)([\d.]+)`,
	)
	engines = rules("WebKit", `iPhone|iPad`, "Blink", `Chrome/|Edg/`, "Gecko", `Gecko/.*Firefox/`, "WebKit", `AppleWebKit/`, "Trident", `Trident/`)
	botName = regexp.MustCompile(`(?i)([a-z][a-z0-9._-]*(?:bot|spider|crawler|slurp)[a-z]*)|^(curl|wget|python-requests|go-http-client)`)
	model   = regexp.MustCompile(`Android [\d.]+; (?:[a-z]{2}-[a-z]{2}; )?([^;)]+?)(?: Build/[^;)]*)?[;)]`)
)

func deviceOf(userAgent string) *record.Device {
	if userAgent == "" {
		return &record.Device{Type: "Unknown"}
	}
	device := &record.Device{Type: "Desktop"}
	if one, _ := first(types, userAgent); one != "" {
		device.Type = one
	}
	device.OS, _ = first(systems, userAgent)
	if device.Type == "Bot" {
		device.BotName = botName.FindString(userAgent)
		return device
	}
	device.Browser, device.Version = first(browsers, userAgent)
	device.Engine, _ = first(engines, userAgent)
	switch found := model.FindStringSubmatch(userAgent); {
	case strings.Contains(userAgent, "iPhone"):
		device.Model = "iPhone"
	case strings.Contains(userAgent, "iPad"):
		device.Model = "iPad"
	case found != nil && found[1] != "K":
		device.Model = found[1]
	}
	return device
}

// first is the value of the first rule that matches, and what its pattern captures.
func first(rules []rule, text string) (value, captured string) {
	for _, one := range rules {
		if found := one.pattern.FindStringSubmatch(text); found != nil {
			if len(found) > 1 {
				captured = found[1]
			}
			return one.value, captured
		}
	}
	return "", ""
}
