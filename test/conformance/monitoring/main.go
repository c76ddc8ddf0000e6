// Judges metrics and rules as Prometheus' own tools do: "lint" reads the text of a scrape from standard input, "rules"
// the file that is named. Prints what is wrong, a line each, and then exits with 1.
package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/model/textparse"
	"github.com/prometheus/prometheus/promql/parser"
)

func main() {
	problems := judge(os.Args[1:])
	for _, problem := range problems {
		fmt.Println(problem)
	}
	if len(problems) > 0 {
		os.Exit(1)
	}
}

func judge(args []string) []string {
	switch {
	case len(args) == 1 && args[0] == "lint":
		return lint()
	case len(args) == 1 && args[0] == "openmetrics":
		return openMetrics()
	case len(args) == 2 && args[0] == "rules":
		return rules(args[1])
	}
	return []string{"usage: monitoring lint | openmetrics | rules FILE"}
}

func lint() []string {
	var found []string
	problems, err := promlint.New(os.Stdin).Lint()
	if err != nil {
		return []string{err.Error()}
	}
	for _, problem := range problems {
		found = append(found, problem.Metric+": "+problem.Text)
	}
	return found
}

// openMetrics reads a scrape with the parser that Prometheus uses for OpenMetrics.
func openMetrics() []string {
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		return []string{err.Error()}
	}
	parsed := textparse.NewOpenMetricsParser(text, labels.NewSymbolTable())
	for {
		if _, err := parsed.Next(); err == io.EOF {
			return nil
		} else if err != nil {
			return []string{err.Error()}
		}
	}
}

func rules(file string) []string {
	var found []string
	_, errs := rulefmt.ParseFile(file, false, model.UTF8Validation, parser.NewParser(parser.Options{}), slog.Default())
	for _, err := range errs {
		found = append(found, err.Error())
	}
	return found
}
