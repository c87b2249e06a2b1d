# TestDrive: and $TestDrive, a temporary folder for the tests of one file. What a block leaves there
# is taken away at its end.

$script:driveName = 'TestDrive'
$script:drivePath = $null

function Mount-TestDrive {
    $script:drivePath = [IO.Directory]::CreateTempSubdirectory('cmdlet-test-').FullName
    $provider = $script:session.Provider.GetOne('FileSystem')
    $drive = [Management.Automation.PSDriveInfo]::new(
        $script:driveName, $provider, $script:drivePath, '', $null)
    $script:session.PSVariable.Set("global:$script:driveName", $script:drivePath)
    $script:session.Drive.New($drive, 'global')
}

function Dismount-TestDrive {
    param($Drive)

    $script:session.Drive.Remove($Drive.Name, $true, 'global')
    $script:session.PSVariable.Remove("global:$script:driveName")
    [IO.Directory]::Delete($script:drivePath, $true)
    $script:drivePath = $null
}

function Get-TestDriveEntry {
    [IO.Directory]::GetFileSystemEntries($script:drivePath, '*', 'AllDirectories')
}

# A folder that goes takes what is in it along.
function Clear-TestDrive {
    param([string[]] $Keep)

    foreach ($entry in Get-TestDriveEntry) {
        if ($entry -in $Keep) {
            continue
        }

        if ([IO.Directory]::Exists($entry)) {
            [IO.Directory]::Delete($entry, $true)
        }
        elseif ([IO.File]::Exists($entry)) {
            [IO.File]::Delete($entry)
        }
    }
}
