# Writes changes as they come.
function Read-Change {
    param([object] $Request)

    $reader = Get-RecordReader ([PortChange])
    $stream = [RecordStream]::new()
    while ($answer = Read-WorkerAnswer $Request ([WatchAnswer])) {
        Add-RecordTemplate $stream $answer
        if ($answer.changes) {
            $reader.Invoke($answer.changes, $stream)
        }
    }
}
