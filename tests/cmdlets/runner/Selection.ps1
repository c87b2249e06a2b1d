# Which tests of the tree run: by name and tag, and what is skipped of them.

# The tests below a block that were asked for.
function Get-SelectedTest {
    param($Node)

    if ($Node.Kind -eq 'Block') {
        foreach ($child in $Node.Children) {
            Get-SelectedTest $child
        }
    }
    elseif ((Test-Included $Node) -and -not (Test-Tag $Node $script:selection.ExcludeTag)) {
        $Node
    }
}

# As by Pester: a name and tags do not narrow each other down.
function Test-Included {
    param($Test)

    $name, $tag = $script:selection.Name, $script:selection.Tag
    if (-not $name -and -not $tag) {
        return $true
    }

    $fullName = (Get-Path $Test Name) -join '.'
    ($name -and $fullName -like $name) -or (Test-Tag $Test $tag)
}

function Test-Tag {
    param($Node, [string[]] $Tag)

    foreach ($own in $Node.Tags) {
        if ($own -in $Tag) {
            return $true
        }
    }

    $false
}

function Test-Skip {
    param($Test)

    $Test.Skip -or (-not $script:selection.HasUtility -and (Test-Tag $Test 'NeedsUtility'))
}

function Get-Path {
    param($Node, [string] $Property)

    $names = [Collections.Generic.List[string]]::new()
    for ($step = $Node; $step.Parent; $step = $step.Parent) {
        $names.Insert(0, $step.$Property)
    }

    $names
}
