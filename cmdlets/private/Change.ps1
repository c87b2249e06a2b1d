# Writes changes as they come.
function Read-Change {
    param([object] $Request)

    $reader = Get-RowReader ([ChangeColumns]) ([PortChange])
    $templates = [Collections.Generic.List[object]]::new()
    while ($answer = Read-WorkerAnswer $Request ([WatchAnswer])) {
        if ($answer.restart) {
            $templates.Clear()
        }
        if ($answer.templates) {
            $templates.AddRange($answer.templates)
        }
        if ($answer.changes) {
            $reader.Invoke($answer.changes, $templates)
        }
    }
}
