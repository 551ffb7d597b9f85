// Checks a log export with golang.org/x/mod/sumdb, the first implementation of these formats, and prints what that
// implementation makes of it as one JSON object: the head, and proofs computed from our tiles.
//
//	main EXPORT_FOLDER VERIFIER_KEY OLDER_SIZE INDEX...
//	main judge                      one case a line on standard input, one verdict a line on standard output
package main

import (
	"bufio"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// folder serves tiles in the C2SP layout, whose paths leave out the tile height that Go's own paths carry.
type folder string

func (f folder) Height() int { return 8 }

func (f folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var out [][]byte
	for _, tile := range tiles {
		path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		data, err := os.ReadFile(filepath.Join(string(f), path))
		if err != nil {
			return nil, err
		}
		out = append(out, data)
	}
	return out, nil
}

func (f folder) SaveTiles([]tlog.Tile, [][]byte) {}

func main() {
	if len(os.Args) == 2 && os.Args[1] == "judge" {
		judge()
		return
	}
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	dir, key := args[0], args[1]
	older, err := strconv.ParseInt(args[2], 10, 64)
	if err != nil {
		return err
	}
	tree, err := head(dir, key)
	if err != nil {
		return err
	}
	reader := tlog.TileHashReader(tree, folder(dir))
	if err := leaves(dir, tree, reader); err != nil {
		return err
	}
	inclusion := map[string][]string{}
	for _, arg := range args[3:] {
		index, err := strconv.ParseInt(arg, 10, 64)
		if err != nil {
			return err
		}
		proof, err := tlog.ProveRecord(tree.N, index, reader)
		if err != nil {
			return err
		}
		inclusion[arg] = text(proof)
	}
	consistency, err := tlog.ProveTree(tree.N, older, reader)
	if err != nil {
		return err
	}
	oldRoot, err := tlog.TreeHash(older, reader)
	if err != nil {
		return err
	}
	if err := tlog.CheckTree(consistency, tree.N, tree.Hash, older, oldRoot); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]any{
		"size": tree.N, "root": tree.Hash.String(), "older_root": oldRoot.String(),
		"inclusion": inclusion, "consistency": text(consistency),
	})
}

func head(dir, key string) (tlog.Tree, error) {
	signed, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
	if err != nil {
		return tlog.Tree{}, err
	}
	return opened(signed, key)
}

func opened(signed []byte, key string) (tlog.Tree, error) {
	verifier, err := note.NewVerifier(key)
	if err != nil {
		return tlog.Tree{}, err
	}
	opened, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) < 3 || lines[0] != verifier.Name() {
		return tlog.Tree{}, fmt.Errorf("the head of another log")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, err
	}
	root, err := tlog.ParseHash(lines[2])
	return tlog.Tree{N: size, Hash: root}, err
}

// leaves checks every entry of every bundle against the authenticated leaf hashes.
func leaves(dir string, tree tlog.Tree, reader tlog.HashReader) error {
	for first := int64(0); first < tree.N; first += 256 {
		width := int64(256)
		if tree.N-first < width {
			width = tree.N - first
		}
		tile := tlog.Tile{H: 8, L: -1, N: first / 256, W: int(width)}
		path := strings.Replace(tile.Path(), "tile/8/data/", "tile/entries/", 1)
		data, err := os.ReadFile(filepath.Join(dir, path))
		if err != nil {
			return err
		}
		indexes := make([]int64, width)
		for i := range indexes {
			indexes[i] = tlog.StoredHashIndex(0, first+int64(i))
		}
		hashes, err := reader.ReadHashes(indexes)
		if err != nil {
			return err
		}
		for i := range hashes {
			if len(data) < 2 || len(data) < 2+int(binary.BigEndian.Uint16(data)) {
				return fmt.Errorf("bundle of entry %d is cut", first)
			}
			end := 2 + int(binary.BigEndian.Uint16(data))
			if tlog.RecordHash(data[2:end]) != hashes[i] {
				return fmt.Errorf("entry %d does not match its hash", first+int64(i))
			}
			data = data[end:]
		}
		if len(data) != 0 {
			return fmt.Errorf("bundle of entry %d is too long", first)
		}
	}
	return nil
}

func text[T ~[]tlog.Hash](proof T) []string {
	out := []string{}
	for _, hash := range proof {
		out = append(out, base64.StdEncoding.EncodeToString(hash[:]))
	}
	return out
}

// An export to be judged (Dir, Older) or the proof of one entry (Note, Body, Index, Hashes); all bytes in base64.
type question struct {
	Dir, Key string
	Older    []byte
	Note     []byte
	Body     []byte
	Index    int64
	Hashes   [][]byte
}

func judge() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<26)
	for lines.Scan() {
		var asked question
		err := json.Unmarshal(lines.Bytes(), &asked)
		if err == nil && asked.Dir != "" {
			err = export(asked)
		} else if err == nil {
			err = record(asked)
		}
		fmt.Println(err == nil)
	}
}

func export(asked question) error {
	tree, err := head(asked.Dir, asked.Key)
	if err != nil {
		return err
	}
	reader := tlog.TileHashReader(tree, folder(asked.Dir))
	if err := leaves(asked.Dir, tree, reader); err != nil || asked.Older == nil {
		return err
	}
	old, err := opened(asked.Older, asked.Key)
	if err != nil {
		return err
	}
	if old.N > tree.N {
		return fmt.Errorf("the log is shorter than it was")
	}
	proof, err := tlog.ProveTree(tree.N, old.N, reader)
	if err != nil {
		return err
	}
	return tlog.CheckTree(proof, tree.N, tree.Hash, old.N, old.Hash)
}

func record(asked question) error {
	tree, err := opened(asked.Note, asked.Key)
	if err != nil {
		return err
	}
	var proof tlog.RecordProof
	for _, raw := range asked.Hashes {
		var hash tlog.Hash
		if len(raw) != len(hash) {
			return fmt.Errorf("a hash has 32 bytes")
		}
		copy(hash[:], raw)
		proof = append(proof, hash)
	}
	if asked.Index < 0 || asked.Index >= tree.N {
		return fmt.Errorf("no such entry")
	}
	return tlog.CheckRecord(proof, tree.N, tree.Hash, asked.Index, tlog.RecordHash(asked.Body))
}
